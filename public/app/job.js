/**
 * The life of one job as this browser sees it, from the press of Generate on. Pure: a record, and the events
 * that change it. The record is what lies in IndexedDB.
 *
 *   held ──▶ sending ──▶ started        held: the seconds in which Undo still costs nothing
 *               ├──▶ refused            the site said no; nothing was started
 *               └── and again, with the same idempotency key, until the site has answered
 */

import { backoff } from './time.js'

/**
 * @typedef {import('./api.js').RequestFailure} RequestFailure
 * @typedef {import('./api.js').StartAnswer} StartAnswer
 * @typedef {import('./api.js').Status} Status
 * @typedef {import('./crop.js').AspectRatio} AspectRatio
 */

/**
 * @typedef {object} Job
 * @property {string} key the idempotency key, and the job's name in this browser
 * @property {'held' | 'sending' | 'refused' | 'started'} phase
 * @property {string} prompt
 * @property {AspectRatio} aspectRatio
 * @property {string | null} model
 * @property {number} photosCount
 * @property {{jobId: string, ownerToken: string} | null} retryOf the job whose photos are taken
 * @property {boolean} rescue it only saves a video that was paid for already
 * @property {number} createdAt ms since 1970
 * @property {number | null} sendAt when it is sent, ms since 1970; null while it is being sent
 * @property {number} attempts how often it was sent
 * @property {boolean} mayHaveArrived the site may know it although it has not answered
 * @property {boolean} isUnclear an attempt to start it ended so that the site may have started it all the same
 * @property {boolean} cancelWanted to be canceled as soon as the site has answered
 * @property {RequestFailure | null} problem how the last attempt to start it failed
 * @property {number | null} refusedAt when the site refused it, ms since 1970
 * @property {string | null} jobId
 * @property {string | null} ownerToken
 * @property {Status | null} status the site's last word
 * @property {number | null} answeredAt when that was, ms since 1970
 * @property {number | null} skew how far this device's clock was ahead of the site's then, in ms; null: unknown
 * @property {number | null} silentSince when the site stopped answering, ms since 1970
 * @property {boolean} missing the site knows no such job
 * @property {number | null} upload how much has been uploaded, 0 to 1; not stored
 * @property {number} ratio width by height of the frame it is shown in
 * @property {boolean} [isFavorite] none in older jobs
 */

/**
 * @typedef {{type: 'sending'}
 *   | {type: 'uploaded', share: number}
 *   | {type: 'start-answered', answer: StartAnswer, at: number, serverAt: number | null}
 *   | {type: 'start-failed', failure: RequestFailure, at: number}
 *   | {type: 'resent', model: string | null, at: number}
 *   | {type: 'resumed', at: number}
 *   | {type: 'cancel-wanted'}
 *   | {type: 'cancel-failed'}
 *   | {type: 'favored', isFavorite: boolean}
 *   | {type: 'status-answered', status: Status, at: number, serverAt: number | null}
 *   | {type: 'status-failed', failure: RequestFailure, at: number}} JobEvent
 */

/**
 * What the person sees of a job: the stages of the way, or an end.
 * @typedef {'held' | 'uploading' | 'queued' | 'rendering' | 'saving' | 'completed' | 'failed' | 'canceled'
 *   | 'refused' | 'missing' | 'erased'} Stage
 */

/** @typedef {'undo' | 'cancel' | 'save' | 'share' | 'continue' | 'another' | 'retry' | 'rescue' | 'edit' | 'delete'} Action */

/** In which time Undo takes everything back, in ms. */
export const HOLD_MS = 3_000
/** How often a start is repeated while the site answers with an error; without network it has no end. */
const ATTEMPTS = 6
/** Server errors that no repetition mends. */
const LASTING = ['misconfigured']
/** A Retry-After up to this is waited for; beyond it the person decides. No other wait to send is longer. */
export const PATIENCE_MS = 60_000
/** A link to a video is renewed when it has less than this left, in ms. */
const LINK_RESERVE_MS = 60_000
/**
 * Only so long after an answer does the page say that nothing has been bought, in ms. It draws once a second:
 * the sentence is gone 2 s after the answer.
 */
const FRESH_MS = 1_000

/** The stages of the way, in their order. @type {Stage[]} */
export const STAGES = ['uploading', 'queued', 'rendering', 'saving']

/** How the site says that a job has ended. */
const ENDS = /** @type {const} */ (['completed', 'failed', 'canceled'])

/**
 * A job in the moment Generate is pressed.
 * @param {Pick<Job, 'key' | 'prompt' | 'aspectRatio' | 'model' | 'photosCount' | 'ratio'>
 *   & {retryOf?: Job['retryOf'], rescue?: boolean, at: number, holdMs: number}} draft
 * @returns {Job}
 */
export function newJob({ at, holdMs, retryOf = null, rescue = false, ...draft }) {
  return {
    ...draft,
    retryOf,
    rescue,
    phase: holdMs ? 'held' : 'sending',
    createdAt: at,
    sendAt: at + holdMs,
    attempts: 0,
    mayHaveArrived: false,
    isUnclear: false,
    cancelWanted: false,
    problem: null,
    refusedAt: null,
    jobId: null,
    ownerToken: null,
    status: null,
    answeredAt: null,
    skew: null,
    silentSince: null,
    missing: false,
    upload: null,
  }
}

/**
 * A job that this browser knows by its link alone.
 * @param {string} jobId
 * @param {number} at
 * @returns {Job}
 */
export function linkedJob(jobId, at) {
  const job = newJob({
    key: jobId,
    prompt: '',
    aspectRatio: 'auto',
    model: null,
    photosCount: 0,
    ratio: 16 / 9,
    at,
    holdMs: 0,
  })
  return { ...job, phase: 'started', sendAt: null, jobId }
}

/**
 * @param {Job} job
 * @param {JobEvent} event
 * @returns {Job}
 */
export function reduceJob(job, event) {
  switch (event.type) {
    case 'sending':
      return {
        ...job,
        phase: 'sending',
        sendAt: null,
        attempts: job.attempts + 1,
        upload: 0,
        // What became of the attempt before, this one does not tell.
        isUnclear: job.isUnclear || job.mayHaveArrived,
      }
    case 'uploaded':
      return { ...job, upload: event.share, mayHaveArrived: job.mayHaveArrived || event.share === 1 }
    case 'start-answered':
      return started(job, event.answer, event)
    case 'start-failed':
      return afterFailedStart(job, event.failure, event.at)
    case 'resent': {
      // What may have been started is found by the very same request; what was bought is saved whatever is offered.
      const model = job.isUnclear || job.rescue ? job.model : event.model
      return { ...job, phase: 'sending', sendAt: event.at, attempts: 0, problem: null, model }
    }
    case 'resumed':
      if (job.phase === 'held') return { ...job, sendAt: event.at + HOLD_MS }
      // A page that was frozen or closed while it sent did not see how much arrived.
      return { ...job, mayHaveArrived: job.mayHaveArrived || isBeingSent(job) }
    case 'cancel-wanted':
      return { ...job, cancelWanted: true }
    case 'cancel-failed':
      return { ...job, cancelWanted: false }
    case 'favored':
      return { ...job, isFavorite: event.isFavorite }
    case 'status-answered':
      return {
        ...job,
        status: event.status,
        prompt: event.status.deletedAt ? '' : job.prompt || event.status.prompt,
        photosCount: job.photosCount || event.status.photosCount,
        answeredAt: event.at,
        skew: skewOf(event),
        silentSince: null,
        missing: false,
        cancelWanted: job.cancelWanted && !hasEnded(event.status),
      }
    case 'status-failed':
      return isUnknown(event.failure)
        ? { ...job, missing: true, silentSince: null }
        : { ...job, silentSince: job.silentSince ?? event.at }
  }
}

/**
 * Whether the site itself says that it has no such job. A 404 alone may come from a deploy without its functions, or
 * from something between us and the site.
 * @param {RequestFailure} failure
 */
export function isUnknown(failure) {
  return failure.kind === 'http' && failure.problem?.code === 'job_not_found'
}

/** @param {{at: number, serverAt: number | null}} answer */
function skewOf({ at, serverAt }) {
  return serverAt === null ? null : at - serverAt
}

/**
 * @param {Job} job
 * @param {StartAnswer} answer
 * @param {{at: number, serverAt: number | null}} when
 * @returns {Job}
 */
function started(job, answer, when) {
  return {
    ...job,
    phase: 'started',
    jobId: answer.jobId,
    ownerToken: answer.ownerToken,
    problem: null,
    upload: null,
    answeredAt: when.at,
    skew: skewOf(when),
    status: {
      jobId: answer.jobId,
      status: 'queued',
      stage: null,
      prompt: job.prompt,
      photosCount: job.photosCount,
      createdAt: answer.createdAt,
      startedAt: null,
      completedAt: null,
      elapsedSeconds: 0,
      estimatedSeconds: answer.estimatedSeconds,
      pollAfterMs: answer.pollAfterMs,
      videoUrl: null,
      downloadUrl: null,
      videoUrlExpiresAt: null,
      keptUntil: null,
      deletedAt: null,
      error: null,
      failure: null,
    },
  }
}

/**
 * Whether to send it again by itself, and when. The same key goes with it, so that is always safe.
 * @param {Job} job
 * @param {RequestFailure} failure
 * @param {number} at
 * @returns {Job}
 */
function afterFailedStart(job, failure, at) {
  const wait = backoff(job.attempts - 1)
  const isUnclear = job.isUnclear || (job.mayHaveArrived && !isClear(failure))
  const failed = { ...job, problem: failure, isUnclear, mayHaveArrived: isUnclear, upload: null }
  if (failure.kind === 'network') return { ...failed, sendAt: at + wait }
  const refused = { ...failed, phase: /** @type {const} */ ('refused'), sendAt: null, refusedAt: at }
  if (failure.kind === 'photos') return refused
  const { problem } = failure
  if (problem?.jobId && problem.ownerToken) {
    // The job exists, and has ended already: its state says how.
    const { jobId, ownerToken } = problem
    return { ...failed, phase: 'started', problem: null, jobId, ownerToken, sendAt: null }
  }
  // The site keeps no photos of a job that ended before its worker came: this browser has its own.
  if (problem?.code === 'photos_gone' && job.retryOf) {
    return { ...failed, problem: null, retryOf: null, sendAt: at }
  }
  const asked = failure.retryAfterMs ?? 0
  const isWorthIt = job.attempts < ATTEMPTS && asked <= PATIENCE_MS && isPassing(failure)
  return isWorthIt ? { ...failed, sendAt: at + Math.max(wait, asked) } : refused
}

/**
 * Whether a failure proves that the site started nothing. Only the site itself says so: what stands between us
 * and it answers for itself alone.
 * @param {RequestFailure} failure
 */
function isClear(failure) {
  if (failure.kind !== 'http') return failure.kind === 'photos'
  return failure.problem?.code !== undefined || (failure.status >= 400 && failure.status < 500)
}

/**
 * Whether the same request may well be answered otherwise in a moment. A success that is not the site's own comes
 * from something between us and the site, such as the sign-in page of a hotel.
 * @param {Extract<RequestFailure, {kind: 'http'}>} failure
 */
function isPassing({ status, problem, retryAfterMs }) {
  if (status === 429) return retryAfterMs !== null
  return (status >= 500 && !LASTING.includes(problem?.code ?? '')) || status < 400
}

/** @param {Status | null} status */
export function hasEnded(status) {
  return ENDS.some(end => end === status?.status)
}

/**
 * @param {Job} job
 * @returns {Stage}
 */
export function stageOf(job) {
  if (job.phase === 'held') return 'held'
  if (job.phase === 'sending') return 'uploading'
  if (job.phase === 'refused') return 'refused'
  if (job.missing) return 'missing'
  const status = job.status
  if (!status) return 'queued'
  if (status.deletedAt) return 'erased'
  if (status.status === 'queued') return 'queued'
  // A state that this page does not know is still a job under way: keep waiting.
  return ENDS.find(end => end === status.status) ?? (status.stage === 'saving' ? 'saving' : 'rendering')
}

/** @param {Job} job */
export function isUnderWay(job) {
  return job.phase === 'held' || STAGES.includes(stageOf(job))
}

/**
 * Whether the site no longer has it: it was erased, or there never was one under this link.
 * @param {Job} job
 */
export function isGone(job) {
  return ['missing', 'erased'].includes(stageOf(job))
}

/**
 * Seconds since the job began, by the server's clock where it has spoken.
 * @param {Job} job
 * @param {number} now ms since 1970
 */
export function elapsedSeconds(job, now) {
  const { status, answeredAt } = job
  if (!status || answeredAt === null) return Math.max(0, (now - job.createdAt) / 1000)
  const since = hasEnded(status) ? 0 : Math.max(0, (now - answeredAt) / 1000)
  return (status.elapsedSeconds ?? 0) + since
}

/**
 * What the person can do with a job, in the order in which the buttons stand.
 * @param {Job} job
 * @returns {Action[]}
 */
export function actionsOf(job) {
  const stage = stageOf(job)
  const own = job.phase !== 'started' || job.ownerToken !== null
  switch (stage) {
    case 'held':
      return ['undo']
    case 'uploading':
      return ['cancel']
    case 'queued':
    case 'rendering':
      return own ? ['share', 'cancel'] : ['share']
    case 'saving':
      return ['share']
    case 'completed':
      return own ? ['save', 'share', 'continue', 'another', 'edit', 'delete'] : ['save', 'share']
    case 'failed':
    case 'canceled':
      if (!own) return []
      if (canRescue(job)) return ['rescue', 'edit', 'delete']
      return job.status?.failure?.retryable ? ['retry', 'edit', 'delete'] : ['edit', 'delete']
    case 'refused':
      return ['retry', 'edit', 'delete']
    case 'missing':
    case 'erased':
      return ['delete']
  }
}

/**
 * Whether the video was bought and may still lie at the provider: then a retry saves it and buys nothing.
 * @param {Job} job
 */
export function canRescue(job) {
  const failure = job.status?.failure
  return failure?.charged === 'yes' && ['save_failed', 'canceled'].includes(failure.code)
}

/**
 * Whether a cancel is free for sure, since the site cannot have got the whole request.
 * @param {Job} job
 * @param {boolean} isSentHere this page sends it: of another's upload it would not know the end
 */
export function isUnsent(job, isSentHere) {
  return isWaiting(job) && !job.mayHaveArrived && (isSentHere || !isBeingSent(job))
}

/** Whether the site has not answered yet. @param {Job} job */
export function isWaiting({ phase }) {
  return phase === 'held' || phase === 'sending'
}

/** Whether a page is sending it, or was when it was closed. @param {Job} job */
function isBeingSent({ phase, sendAt }) {
  return phase === 'sending' && sendAt === null
}

/**
 * Whether this browser knows a job by its link alone: somebody else made it.
 * @param {Job} job
 */
export function isLinked({ key, jobId }) {
  return key === jobId
}

/**
 * Whether the site has answered just now: what it said of money still holds.
 * @param {Job} job
 * @param {number} now
 */
export function isFresh({ answeredAt }, now) {
  const age = answeredAt === null ? Number.POSITIVE_INFINITY : now - answeredAt
  return age >= 0 && age <= FRESH_MS
}

/**
 * When the link to the video is to be renewed, by this device's clock, in ms; null: only if it stops working.
 * How long it lasts is told by the answer itself, since this clock, or a proxy's, may be wrong by days.
 * @param {Job} job
 */
export function linkRenewalAt({ status, answeredAt, skew }) {
  // Jobs of earlier versions have no skew.
  if (!status?.videoUrlExpiresAt || answeredAt === null || typeof skew !== 'number') return null
  const lifetime = Date.parse(status.videoUrlExpiresAt) - (answeredAt - skew)
  return lifetime > LINK_RESERVE_MS ? answeredAt + lifetime - LINK_RESERVE_MS : null
}

/**
 * Whether the link to the video has become too old to be used.
 * @param {Job} job
 * @param {number} now
 */
export function isLinkOld(job, now) {
  const at = linkRenewalAt(job)
  return at !== null && now >= at
}
