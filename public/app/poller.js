/** Asks the site for the jobs' states. When to ask is decided in poll.js. */

import { hasEnded } from './job.js'
import { dueAt, firstPoll, reducePoll } from './poll.js'

/**
 * @typedef {import('./job.js').Job} Job
 * @typedef {import('./poll.js').Poll} Poll
 * @typedef {import('./poll.js').PollEvent} PollEvent
 */

/**
 * @param {{api: Pick<typeof import('./api.js'), 'videoStatus'>, jobs: import('./jobs.js').Jobs,
 *   clock: import('./clock.js').Clock, presence: import('./platform.js').Presence}} options
 */
export function createPoller({ api, jobs, clock, presence }) {
  /** @type {Map<string, Poll>} */
  const polls = new Map()
  /** Questions that are on their way. @type {Map<string, Promise<void>>} */
  const asking = new Map()
  let isLeading = false
  /** @type {any} */
  let timer

  jobs.onRemoved(key => polls.delete(key))

  function begin() {
    return firstPoll({ at: clock.monotonic(), hidden: presence.isHidden(), offline: !presence.isOnline() })
  }

  /**
   * @param {string} key
   * @param {PollEvent} event
   */
  function reduce(key, event) {
    polls.set(key, reducePoll(polls.get(key) ?? begin(), event))
  }

  /** Whether the site will say no more about a job than it has. @param {Job} job */
  function isFinal(job) {
    return job.missing || (hasEnded(job.status) && job.status?.pollAfterMs === null)
  }

  /**
   * Ask for a job's state at once, and from then on as the site says.
   * @param {string} key
   */
  function renew(key) {
    if (!jobs.get(key)?.jobId || polls.has(key)) return
    polls.set(key, begin())
    tick()
  }

  /**
   * Ask for a job's state if there is more to come.
   * @param {Job} job
   */
  function follow(job) {
    if (isFinal(job)) polls.delete(job.key)
    else renew(job.key)
  }

  /**
   * Ask again when the site says.
   * @param {string} key
   * @param {{pollAfterMs: number | null}} answer
   */
  function wait(key, { pollAfterMs }) {
    if (pollAfterMs === null) polls.delete(key)
    else reduce(key, { type: 'answered', at: clock.monotonic(), pollAfterMs })
    tick()
  }

  function tick() {
    clock.clearTimeout(timer)
    const dues = [...polls].flatMap(([key, poll]) => {
      const due = asking.has(key) || !(isLeading || jobs.isOurs(key)) ? null : dueAt(poll)
      return due === null ? [] : [{ key, due }]
    })
    const now = clock.monotonic()
    for (const { key, due } of dues) if (due <= now) void ask(key)
    const next = Math.min(...dues.filter(({ due }) => due > now).map(({ due }) => due))
    if (Number.isFinite(next)) timer = clock.setTimeout(tick, next - now)
  }

  /**
   * Ask for a job's state now, or wait for the answer to a question that is on its way.
   * @param {string} key
   */
  async function ask(key) {
    const jobId = jobs.get(key)?.jobId
    if (!jobId) return
    const question = asking.get(key) ?? questionOf(key, jobId)
    asking.set(key, question)
    await question
  }

  /**
   * @param {string} key
   * @param {string} jobId
   */
  async function questionOf(key, jobId) {
    const outcome = await api.videoStatus(jobId)
    const at = clock.now()
    const job = await jobs.apply(
      key,
      outcome.ok
        ? { type: 'status-answered', status: outcome.value, at, serverAt: outcome.serverAt }
        : { type: 'status-failed', failure: outcome.failure, at },
    )
    asking.delete(key)
    if (!job) return
    if (outcome.ok) return wait(key, outcome.value)
    if (job.missing) polls.delete(key)
    else {
      const retryAfterMs = outcome.failure.kind === 'http' ? outcome.failure.retryAfterMs : null
      reduce(key, { type: 'failed', at: clock.monotonic(), retryAfterMs })
    }
    tick()
  }

  /** @param {PollEvent} event */
  function all(event) {
    for (const key of polls.keys()) reduce(key, event)
    tick()
  }

  presence.on('online', () => all({ type: 'online', at: clock.monotonic() }))
  presence.on('offline', () => all({ type: 'offline' }))
  presence.on('visibilitychange', () => all({ type: presence.isHidden() ? 'hidden' : 'shown' }))

  return {
    follow,
    renew,
    wait,
    ask,

    /** @param {boolean} leads whether this tab asks for the jobs that all tabs know */
    lead(leads) {
      isLeading = leads
      tick()
    },
  }
}

/** @typedef {ReturnType<typeof createPoller>} Poller */
