/**
 * When to ask for a job's state again. Pure: a state, events that change it, and the time of the next question.
 *
 * The server names the interval. The page only stretches it while nobody is looking or the browser says that there is
 * no network, and backs off while the site does not answer.
 */

import { backoff, OFFLINE_MS } from './time.js'

/** The shortest interval in a hidden tab, in milliseconds. */
export const HIDDEN_MS = 20_000

/**
 * @typedef {object} Poll
 * @property {number} since when the last answer or failure came, in ms
 * @property {number | null} wait how long to wait after `since`, in ms; null: never ask again
 * @property {number} failures how many in a row
 * @property {boolean} hidden nobody looks at the tab
 * @property {boolean} offline the browser says that it has no network
 */

/**
 * @typedef {{type: 'answered', at: number, pollAfterMs: number | null}
 *   | {type: 'failed', at: number, retryAfterMs: number | null}
 *   | {type: 'hidden'} | {type: 'shown'}
 *   | {type: 'offline'} | {type: 'online', at: number}} PollEvent
 */

/**
 * A poll that asks at once.
 * @param {{at: number, hidden: boolean, offline: boolean}} now
 * @returns {Poll}
 */
export function firstPoll({ at, hidden, offline }) {
  return { since: at, wait: 0, failures: 0, hidden, offline }
}

/**
 * @param {Poll} poll
 * @param {PollEvent} event
 * @returns {Poll}
 */
export function reducePoll(poll, event) {
  switch (event.type) {
    case 'answered':
      return { ...poll, since: event.at, wait: event.pollAfterMs, failures: 0, offline: false }
    case 'failed': {
      const wait = Math.max(backoff(poll.failures), event.retryAfterMs ?? 0)
      return { ...poll, since: event.at, wait, failures: poll.failures + 1 }
    }
    case 'hidden':
      return { ...poll, hidden: true }
    case 'shown':
      return { ...poll, hidden: false }
    case 'offline':
      return { ...poll, offline: true }
    case 'online':
      return { ...poll, offline: false, since: event.at, wait: poll.wait === null ? null : 0 }
  }
}

/**
 * When to ask next, in ms; null: never.
 * @param {Poll} poll
 */
export function dueAt({ since, wait, hidden, offline }) {
  if (!wait) return wait === null ? null : since
  return since + Math.max(wait, hidden ? HIDDEN_MS : 0, offline ? OFFLINE_MS : 0)
}
