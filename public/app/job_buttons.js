/** Which buttons a job has at a moment, which of them leads, and which has to wait. Pure. */

import { actionsOf, stageOf } from './job.js'

/**
 * @typedef {import('./job.js').Job} Job
 * @typedef {import('./job.js').Action} Action
 * @typedef {{action: Action, isLead: boolean, isWaiting: boolean}} Button
 */

/** Failures that come back unless something else is sent. */
const NEEDS_CHANGE = ['content_refused', 'photo_unreadable', 'provider_rejected']

/**
 * How long the site wants to be left alone, in ms; 0: no longer.
 * @param {Job} job
 * @param {number} now ms since 1970
 */
export function waitBeforeRetry({ phase, problem, refusedAt }, now) {
  if (phase !== 'refused' || problem?.kind !== 'http' || refusedAt === null) return 0
  const wait = problem.retryAfterMs ?? 0
  // A clock that was set back makes nobody wait longer than the site has said.
  return Math.min(wait, Math.max(0, refusedAt + wait - now))
}

/**
 * Whether sending the same again would most likely end the same.
 * @param {Job} job
 */
export function needsChange({ phase, problem, status }) {
  if (phase !== 'refused') return NEEDS_CHANGE.includes(status?.failure?.code ?? '')
  if (problem?.kind === 'photos') return true
  return problem?.kind === 'http' && problem.status >= 400 && problem.status < 500 && problem.status !== 429
}

/**
 * @param {Job} job
 * @param {number} now ms since 1970
 * @returns {{main: Button[], more: Button[]}} in the order in which they are shown
 */
export function buttonsOf(job, now) {
  const possible = job.cancelWanted ? [] : actionsOf(job)
  const isWaiting = waitBeforeRetry(job, now) > 0
  const lead = leadOf(job, possible, isWaiting)
  const isDone = stageOf(job) === 'completed'
  /** What is seldom wanted of a job that is there. @param {Button} button */
  const isSeldom = ({ action }) => action === 'delete' || (isDone && action === 'edit')
  const buttons = possible.map(action => ({
    action,
    isLead: action === lead,
    isWaiting: action === 'retry' && isWaiting,
  }))
  const main = buttons.filter(one => !isSeldom(one)).sort((a, b) => +b.isLead - +a.isLead)
  const more = buttons.filter(isSeldom)
  return main.length ? { main, more } : { main: more, more: [] }
}

/**
 * The button that most people want: never one that pays for what they have just canceled, or that has to wait.
 * @param {Job} job
 * @param {Action[]} possible
 * @param {boolean} isWaiting
 * @returns {Action | undefined}
 */
function leadOf(job, possible, isWaiting) {
  if (isWaiting) return undefined
  const wanted =
    stageOf(job) === 'canceled' || needsChange(job)
      ? /** @type {const} */ (['rescue', 'edit'])
      : /** @type {const} */ (['undo', 'rescue', 'save', 'retry', 'edit'])
  return wanted.find(action => possible.includes(action))
}
