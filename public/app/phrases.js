/** What the page says about a job: its state put into words. */

import { canRescue, elapsedSeconds, isFresh, isLinked, stageOf } from './job.js'
import { waitBeforeRetry } from './job_buttons.js'
import { clock, timeLeft } from './time.js'
import { words } from './words.js'

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
  if (job.cancelWanted) return words.headlines.canceling
  if (stage === 'uploading') {
    if (isOffline) return words.headlines.waitingForNetwork
    return job.retryOf ? words.headlines.sending : words.headlines.uploading
  }
  const forVisitors = isLinked(job) && words.visitor.headlines[stage]
  if (forVisitors) return forVisitors
  if (stage === 'rendering' && job.rescue) return words.headlines.rescuing
  return words.headlines[stage]
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
  if (isOffline && ['uploading', 'queued', 'rendering', 'saving'].includes(stage))
    return [words.details.offline]
  const silent =
    job.silentSince !== null && now - job.silentSince > SILENCE_MS
      ? words.details.silent(new Date(job.silentSince))
      : ''
  switch (stage) {
    case 'held':
      return [words.details.held(secondsUntil(job.sendAt, now))]
    case 'uploading':
      if (job.sendAt !== null && job.problem)
        return [words.details.sendingAgain(secondsUntil(job.sendAt, now))]
      return job.retryOf ? [] : [words.details.uploading(job.upload ?? 0)]
    case 'queued':
      return [
        silent || (isFresh(job, now) && !isLinked(job) ? words.details.queued : words.details.queuedSince),
      ]
    case 'rendering':
      return [silent || (job.rescue ? words.details.rescuing : words.details.rendering)]
    case 'saving':
      return [silent || words.details.saving]
    case 'completed':
      return [
        isUnplayable ? words.details.unplayable : '',
        times(job, now).left,
        status?.keptUntil ? words.details.keptUntil(new Date(status.keptUntil)) : '',
      ]
    case 'failed':
    case 'canceled': {
      if (isLinked(job)) return [words.visitor.ended]
      const failure = status?.failure
      if (!failure) return [status?.error ?? '']
      const why = words.failures[failure.code] ?? failure.detail
      const mayCome = failure.code === 'outcome_unknown' && status.pollAfterMs !== null
      return [
        why,
        mayCome ? words.details.mayStillCome : '',
        words.charged[failure.charged],
        canRescue(job) ? words.rescueMeaning : '',
      ]
    }
    case 'refused':
      return [
        ...refusal(job.problem),
        ...opensAgain(job, now),
        words.charged[job.isUnclear ? 'unknown' : 'no'],
      ]
    case 'missing':
      return [words.details.missing]
    case 'erased':
      return [words.details.erased(new Date(status?.deletedAt ?? now))]
  }
}

/**
 * Why the site refused a request.
 * @param {RequestFailure | null} failure
 * @returns {string[]}
 */
function refusal(failure) {
  if (!failure || failure.kind === 'network') return [words.refusals.network]
  if (failure.kind === 'photos') return [words.refusals.photos]
  const { status, problem } = failure
  const fields = problem?.code === 'invalid_input' ? (problem.errors ?? []).map(({ message }) => message) : []
  const why = (problem?.code && words.problems[problem.code]) || unknownRefusal(status)
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
  return [wait <= SHORT_MS ? words.opensAgain(left) : words.opensAgainAt(left, new Date(now + wait))]
}

/** @param {number} status of an answer whose code says nothing to us, or that is not JSON at all */
function unknownRefusal(status) {
  if (status === 413) return words.refusals.tooLarge
  if (status === 429) return words.refusals.tooMany
  return status >= 500 || status < 400 ? words.refusals.server : words.refusals.other
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
  if (stage === 'completed') return { elapsed: clock(elapsed), left: words.time.took(clock(elapsed)) }
  if (stage !== 'queued' && stage !== 'rendering') return { elapsed: clock(elapsed), left: '' }
  const estimate = job.status?.estimatedSeconds ?? null
  const left = timeLeft(estimate, elapsed)
  if (!left || !estimate) return { elapsed: clock(elapsed), left: words.time.unknown }
  if (left === 'overdue') return { elapsed: clock(elapsed), left: words.time.overdue(estimate.p90) }
  return { elapsed: clock(elapsed), left: words.time.left(left.low, left.high) }
}

/**
 * @param {number | null} at
 * @param {number} now
 */
function secondsUntil(at, now) {
  return at === null ? 0 : Math.max(1, Math.ceil((at - now) / 1000))
}
