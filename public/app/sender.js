/**
 * Sends jobs to the site, and takes them back.
 *
 * Each unsent job is sent by one tab, which holds a lock named after it; when that tab dies, another open tab or
 * the next page gets the lock and goes on.
 */

import { isWaiting, PATIENCE_MS } from './job.js'
import { exclusively } from './locks.js'
import { backoff, OFFLINE_MS } from './time.js'

/**
 * @typedef {import('./job.js').Job} Job
 * @typedef {import('./api.js').RequestFailure} RequestFailure
 */

/** How often a cancel is tried while the site does not answer; without network it has no end. */
const CANCEL_ATTEMPTS = 4
const UNREADABLE = /** @type {const} */ ({ ok: false, failure: { kind: 'photos' } })

/**
 * @param {{api: Pick<typeof import('./api.js'), 'startVideo' | 'cancelVideo'>, jobs: import('./jobs.js').Jobs,
 *   poller: import('./poller.js').Poller, clock: import('./clock.js').Clock,
 *   presence: import('./platform.js').Presence, locks: import('./locks.js').Locks | null,
 *   accessCode: () => string, photosOf: (job: Job) => Promise<string[]>}} options
 *   photosOf: a job's photos as the site takes them
 */
export function createSender({ api, jobs, poller, clock, presence, locks, accessCode, photosOf }) {
  /** Jobs that this tab sends, or would if the tab that does were closed. @type {Set<string>} */
  const queued = new Set()
  /** @type {Map<string, AbortController>} */
  const running = new Map()

  jobs.onRemoved(key => running.get(key)?.abort())

  /**
   * Send a job until the site has answered, from one tab; the others wait for their turn, should it be closed.
   * @param {string} key
   * @param {{resumed: boolean}} how resumed: the page that was sending it is gone
   */
  async function send(key, { resumed }) {
    if (queued.has(key)) return
    queued.add(key)
    await exclusively(locks, `videogen-send-${key}`, async () => {
      let job = await jobs.latest(key)
      if (!job || !isWaiting(job)) return
      if (resumed) job = await jobs.apply(key, { type: 'resumed', at: clock.now() })
      const sender = new AbortController()
      running.set(key, sender)
      while (job && isWaiting(job)) {
        const body = await bodyOf(job).catch(() => null)
        await readyToSend(job.sendAt ?? 0, { signal: sender.signal, isHeld: job.phase === 'held' })
        if (sender.signal.aborted || !(await jobs.apply(key, { type: 'sending' }))) break
        const outcome = body ? await post(key, body, sender.signal) : UNREADABLE
        if (sender.signal.aborted) break
        const at = clock.now()
        job = await jobs.apply(
          key,
          outcome.ok
            ? { type: 'start-answered', answer: outcome.value, at, serverAt: outcome.serverAt }
            : { type: 'start-failed', failure: outcome.failure, at },
        )
      }
      running.delete(key)
      if (job?.phase !== 'started') return
      if (job.cancelWanted) await cancel(job)
      else if (job.status) poller.wait(key, job.status)
      else poller.follow(job)
    })
    queued.delete(key)
  }

  /**
   * The request that starts a job. The same job always gives the same bytes, as the idempotency key demands.
   * @param {Job} job
   */
  async function bodyOf(job) {
    const { prompt, aspectRatio, model, retryOf } = job
    const origin = retryOf
      ? { retryOf: retryOf.jobId, ownerToken: retryOf.ownerToken }
      : { photos: (await photosOf(job)).map(data => ({ data })) }
    return new Blob([JSON.stringify({ prompt, ...origin, aspectRatio, ...(model && { model }) })])
  }

  /**
   * @param {string} key
   * @param {Blob} body
   * @param {AbortSignal} signal
   */
  function post(key, body, signal) {
    const onUpload = (/** @type {number} */ share) => {
      jobs.uploaded(key, share)
      // From now on the site may know the job, whatever becomes of this page.
      if (share === 1) void jobs.apply(key, { type: 'uploaded', share })
    }
    return api.startVideo({ body, key, accessCode: accessCode(), signal, onUpload })
  }

  /**
   * Wait until `at`, longer without a network; a network that comes back ends the wait.
   * @param {number} at by the time of day: a clock that was set meanwhile makes the wait no longer than it can be
   * @param {{signal?: AbortSignal, isHeld?: boolean}} [how] held: Undo is free until then, whatever the network
   * @returns {Promise<void>}
   */
  function readyToSend(at, { signal, isHeld = false } = {}) {
    return new Promise(resolve => {
      const done = () => {
        clock.clearTimeout(timer)
        presence.off('online', done)
        resolve()
      }
      const wait = Math.min(PATIENCE_MS, Math.max(0, at - clock.now()))
      const isOffline = wait > 0 && !isHeld && !presence.isOnline()
      const timer = clock.setTimeout(done, isOffline ? Math.max(wait, OFFLINE_MS) : wait)
      if (!isHeld) presence.on('online', done)
      signal?.addEventListener('abort', done)
    })
  }

  /**
   * Tell the site to cancel a job.
   * @param {Job} job
   */
  async function cancel({ key, jobId, ownerToken }) {
    if (!jobId || !ownerToken) return
    for (let attempt = 0; attempt < CANCEL_ATTEMPTS; attempt += presence.isOnline() ? 1 : 0) {
      const outcome = await api.cancelVideo({ jobId, ownerToken, erase: false })
      const at = clock.now()
      if (outcome.ok) {
        const { value: status, serverAt } = outcome
        await jobs.apply(key, { type: 'status-answered', status, at, serverAt })
        poller.wait(key, status)
        return
      }
      if (outcome.failure.kind === 'http' && outcome.failure.status < 500) break
      await readyToSend(at + backoff(attempt))
    }
    await jobs.apply(key, { type: 'cancel-failed' })
    await poller.ask(key)
  }

  return {
    send,
    cancel,
    /** Whether this tab is the one that sends a job. @param {string} key */
    isSending: key => running.has(key),
    /** Stop sending a job. @param {string} key */
    stop: key => running.get(key)?.abort(),
  }
}

/** @typedef {ReturnType<typeof createSender>} Sender */
