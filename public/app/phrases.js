/** What the page says about a job: its state put into words. */

import {
  canRescue,
  elapsedSeconds,
  HOLD_MS,
  isFresh,
  isGone,
  isLinked,
  PATIENCE_MS,
  STAGES,
  stageOf,
} from './job.js'
import { waitBeforeRetry } from './job_buttons.js'
import { jobWords } from './job_words.js'
import { clock, timeLeft } from './time.js'

/**
 * @typedef {import('./job.js').Job} Job
 * @typedef {import('./api.js').RequestFailure} RequestFailure
 */

/** A wait beyond this is told with its end, as a time of day, in ms. */
const SHORT_MS = 10 * 60_000
/** How long the site may be silent before the page says so, in ms. */
const SILENCE_MS = 20_000

/**
 * @param {Job} job
 * @param {{isOffline: boolean}} situation
 */
export function headline(job, { isOffline }) {
  const stage = stageOf(job)
  if (job.cancelWanted) return jobWords.headlines.canceling
  if (stage === 'uploading') {
    if (isOffline && !job.upload) return jobWords.headlines.waitingForNetwork
    return job.retryOf ? jobWords.headlines.sending : jobWords.headlines.uploading
  }
  const forVisitors = isLinked(job) && jobWords.visitor.headlines[stage]
  if (forVisitors) return forVisitors
  if (stage === 'rendering' && job.rescue) return jobWords.headlines.rescuing
  return jobWords.headlines[stage]
}

/**
 * What there is to know besides the headline, sentence by sentence.
 * @param {Job} job
 * @param {{now: number, isOffline: boolean, isUnplayable?: boolean}} situation
 * @returns {string[]}
 */
export function details(job, { now, isOffline, isUnplayable = false }) {
  const stage = stageOf(job)
  const { status } = job
  // What is being uploaded shows that there is a network, whatever the browser says.
  if (isOffline && STAGES.includes(stage) && !job.upload) return [jobWords.details.offline]
  const silent =
    job.silentSince !== null && now - job.silentSince > SILENCE_MS
      ? jobWords.details.silent(new Date(job.silentSince))
      : ''
  switch (stage) {
    case 'held':
      return [jobWords.details.held(secondsUntil(job.sendAt, now, HOLD_MS))]
    case 'uploading':
      if (job.sendAt !== null && job.problem)
        return [jobWords.details.sendingAgain(secondsUntil(job.sendAt, now, PATIENCE_MS))]
      return job.retryOf ? [] : [jobWords.details.uploading(job.upload ?? 0)]
    case 'queued':
      return [
        silent ||
          (isFresh(job, now) && !isLinked(job) ? jobWords.details.queued : jobWords.details.queuedSince),
      ]
    case 'rendering':
      return [silent || (job.rescue ? jobWords.details.rescuing : jobWords.details.rendering)]
    case 'saving':
      return [silent || jobWords.details.saving]
    case 'completed':
      return [
        isUnplayable ? jobWords.details.unplayable : '',
        times(job, now).left,
        status?.keptUntil ? jobWords.details.keptUntil(new Date(status.keptUntil)) : '',
      ]
    case 'failed':
    case 'canceled': {
      if (isLinked(job)) return [jobWords.visitor.ended]
      const failure = status?.failure
      if (!failure) return [status?.error ?? '']
      const why = jobWords.failures[failure.code] ?? failure.detail
      const mayCome = failure.code === 'outcome_unknown' && status.pollAfterMs !== null
      return [
        why,
        mayCome ? jobWords.details.mayStillCome : '',
        jobWords.charged[failure.charged],
        canRescue(job) ? jobWords.rescueMeaning : '',
      ]
    }
    case 'refused':
      return [
        ...refusal(job.problem),
        ...opensAgain(job, now),
        jobWords.charged[job.isUnclear ? 'unknown' : 'no'],
      ]
    case 'missing':
      return [jobWords.details.missing]
    case 'erased':
      return [jobWords.details.erased(new Date(status?.deletedAt ?? now))]
  }
}

/**
 * Why the site refused a request.
 * @param {RequestFailure | null} failure
 * @returns {string[]}
 */
function refusal(failure) {
  if (!failure || failure.kind === 'network') return [jobWords.refusals.network]
  if (failure.kind === 'photos') return [jobWords.refusals.photos]
  const { status, problem } = failure
  const fields = problem?.code === 'invalid_input' ? (problem.errors ?? []).map(({ message }) => message) : []
  const why = (problem?.code && jobWords.problems[problem.code]) || unknownRefusal(status)
  return [why, ...fields]
}

/**
 * When it may be tried again, where the site has said so.
 * @param {Job} job
 * @param {number} now
 * @returns {string[]}
 */
function opensAgain(job, now) {
  const wait = waitBeforeRetry(job, now)
  if (!wait) return []
  const left = clock(Math.ceil(wait / 1000))
  return [wait <= SHORT_MS ? jobWords.opensAgain(left) : jobWords.opensAgainAt(left, new Date(now + wait))]
}

/** @param {number} status of an answer whose code says nothing to us, or that is not the site's own */
function unknownRefusal(status) {
  if (status === 413) return jobWords.refusals.tooLarge
  if (status === 429) return jobWords.refusals.tooMany
  return status >= 500 || status < 400 ? jobWords.refusals.server : jobWords.refusals.other
}

/**
 * Elapsed time, and what is left of it.
 * @param {Job} job
 * @param {number} now
 * @returns {{elapsed: string, left: string}}
 */
export function times(job, now) {
  const stage = stageOf(job)
  const elapsed = elapsedSeconds(job, now)
  if (stage === 'completed') return { elapsed: clock(elapsed), left: jobWords.time.took(clock(elapsed)) }
  if (stage !== 'queued' && stage !== 'rendering') return { elapsed: clock(elapsed), left: '' }
  const estimate = job.status?.estimatedSeconds ?? null
  const left = timeLeft(estimate, elapsed)
  if (!left || !estimate) return { elapsed: clock(elapsed), left: jobWords.time.unknown }
  if (left === 'overdue') return { elapsed: clock(elapsed), left: jobWords.time.overdue(estimate.p90) }
  return { elapsed: clock(elapsed), left: jobWords.time.left(left.low, left.high) }
}

/**
 * @param {number | null} at
 * @param {number} now
 * @param {number} longest that such a wait can be, in ms: a clock that was set back makes it no longer
 */
function secondsUntil(at, now, longest) {
  return at === null ? 0 : Math.max(1, Math.ceil(Math.min(at - now, longest) / 1000))
}

/**
 * What the button to delete a job says: of one that the site no longer has, only the entry in the list is left.
 * @param {Job} job
 */
export function deleteLabel(job) {
  return isGone(job) ? jobWords.deleteDialog.here : jobWords.actions.delete
}
