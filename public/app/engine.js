/**
 * Sends jobs, asks for their state, and keeps every tab of this browser at the same point.
 *
 * What happens to a job is decided by the reducers in job.js and poller.js; this module does the I/O. Each
 * unsent job is sent by one tab, which holds a lock named after it; when that tab dies, another open tab or
 * the next page gets the lock and goes on. One tab asks for the states: the one that was looked at last.
 */

import { cancelVideo, startVideo, videoStatus } from './api.js'
import { newKey } from './database.js'
import { canRescue, HOLD_MS, hasEnded, isUnsent, linkedJob, newJob, reduceJob } from './job.js'
import { dataUrl } from './photos.js'
import { dueAt, firstPoll, reducePoll } from './poller.js'

/**
 * @typedef {import('./job.js').Job} Job
 * @typedef {import('./job.js').JobEvent} JobEvent
 * @typedef {import('./job_store.js').JobStore} JobStore
 * @typedef {import('./poller.js').Poll} Poll
 * @typedef {import('./poller.js').PollEvent} PollEvent
 */

/**
 * @typedef {object} Draft
 * @property {string} [key] under which the form kept it; a new one unless given
 * @property {string} prompt
 * @property {import('./crop.js').AspectRatio} aspectRatio
 * @property {string | null} model
 * @property {import('./job_store.js').Pictures} pictures
 * @property {number} ratio
 * @property {boolean} hasPrice
 */

const CANCEL_ATTEMPTS = 4
const POLL_LOCK = 'videogen-poll'
const UNREADABLE = /** @type {const} */ ({ ok: false, failure: { kind: 'photos' } })

/**
 * @param {{store: JobStore, onChange: (job: Job | null, before: Job | null) => void, accessCode: () => string}} options
 */
export function createEngine({ store, onChange, accessCode }) {
  /** @type {Map<string, Job>} */
  const jobs = new Map()
  /** Jobs that are watched by their link alone: they are another's, and not kept. @type {Set<string>} */
  const linked = new Set()
  /** @type {Map<string, Poll>} */
  const polls = new Map()
  /** @type {Set<string>} */
  const asking = new Set()
  /** Jobs that this tab sends, or would if the tab that does were closed. @type {Set<string>} */
  const queued = new Set()
  /** @type {Map<string, AbortController>} */
  const senders = new Map()
  const channel = new BroadcastChannel('videogen')
  let isLeading = false
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer

  // --- state -------------------------------------------------------------------------------------------

  /** @param {Job} job */
  function show(job) {
    const before = jobs.get(job.key) ?? null
    jobs.set(job.key, {
      ...job,
      upload: job.upload ?? (job.phase === 'sending' ? (before?.upload ?? null) : null),
    })
    onChange(/** @type {Job} */ (jobs.get(job.key)), before)
  }

  /** @param {string} key */
  function forget(key) {
    jobs.delete(key)
    polls.delete(key)
    linked.delete(key)
    senders.get(key)?.abort()
    onChange(null, null)
  }

  /**
   * @param {string} key
   * @param {JobEvent} event
   * @returns {Promise<Job | undefined>} the job after the event; undefined where it has been removed meanwhile
   */
  async function apply(key, event) {
    if (linked.has(key)) {
      const job = jobs.get(key)
      if (job) show(reduceJob(job, event))
      return jobs.get(key)
    }
    const job = await store.update(key, before => ({ ...reduceJob(before, event), upload: null }))
    if (!job) {
      forget(key)
      return undefined
    }
    show(job)
    channel.postMessage({ type: 'changed', key })
    return job
  }

  /**
   * @param {string} key
   * @param {number} share
   */
  function uploaded(key, share) {
    const job = jobs.get(key)
    if (!job) return
    show(reduceJob(job, { type: 'uploaded', share }))
    channel.postMessage({ type: 'uploaded', key, share })
  }

  /** @param {MessageEvent} message */
  async function heard({ data }) {
    const { type, key, share } = /** @type {{type: string, key: string, share: number}} */ (data)
    if (type === 'removed') forget(key)
    else if (type === 'uploaded') {
      const job = jobs.get(key)
      if (job) show(reduceJob(job, { type: 'uploaded', share }))
    } else {
      const job = await store.get(key)
      if (!job) return
      show(job)
      if (isWaiting(job)) void send(key, { resumed: true })
      else follow(job)
    }
  }

  // --- sending -----------------------------------------------------------------------------------------

  /**
   * @param {Draft} draft
   * @param {{retryOf?: Job['retryOf'], rescue?: boolean}} [origin]
   * @returns {Promise<string>} the new job's key
   */
  async function submit({ pictures, hasPrice, key = newKey(), ...draft }, origin = {}) {
    const holdMs = hasPrice && !origin.rescue ? HOLD_MS : 0
    const job = newJob({
      ...draft,
      ...origin,
      key,
      photosCount: pictures.photos.length,
      at: Date.now(),
      holdMs,
    })
    await store.add(job, pictures)
    show(job)
    channel.postMessage({ type: 'changed', key: job.key })
    void send(job.key, { resumed: false })
    return job.key
  }

  /**
   * Send a job until the site has answered, from one tab; the others wait for their turn, should it be closed.
   * @param {string} key
   * @param {{resumed: boolean}} how resumed: the page that was sending it is gone
   */
  async function send(key, { resumed }) {
    if (queued.has(key)) return
    queued.add(key)
    await exclusively(`videogen-send-${key}`, async () => {
      let job = await store.get(key)
      if (job?.phase === 'held' && resumed) job = await apply(key, { type: 'held-again', at: Date.now() })
      if (!job || !isWaiting(job)) return
      const sender = new AbortController()
      senders.set(key, sender)
      const body = await bodyOf(job, job.retryOf ? [] : (await store.pictures(key)).photos).catch(() => null)
      while (job && isWaiting(job)) {
        await readyToSend(job.sendAt ?? 0, sender.signal)
        if (sender.signal.aborted || !(await apply(key, { type: 'sending' }))) break
        const outcome = body ? await post(key, body, sender.signal) : UNREADABLE
        if (sender.signal.aborted) break
        const at = Date.now()
        job = await apply(
          key,
          outcome.ok
            ? { type: 'start-answered', answer: outcome.value, at }
            : { type: 'start-failed', failure: outcome.failure, at },
        )
      }
      senders.delete(key)
      if (job?.phase !== 'started') return
      if (job.cancelWanted) await sendCancel(job)
      else if (job.status) wait(key, job.status)
      else follow(job)
    })
    queued.delete(key)
  }

  /**
   * @param {string} key
   * @param {Blob} body
   * @param {AbortSignal} signal
   */
  function post(key, body, signal) {
    const onUpload = (/** @type {number} */ share) => {
      uploaded(key, share)
      // From now on the site may know the job, whatever becomes of this page.
      if (share === 1) void apply(key, { type: 'uploaded', share })
    }
    return startVideo({ body, key, accessCode: accessCode(), signal, onUpload })
  }

  /** @param {Job} job */
  function isWaiting({ phase }) {
    return phase === 'held' || phase === 'sending'
  }

  /**
   * Wait until `at` and for a network; a network that comes back ends the wait.
   * @param {number} at
   * @param {AbortSignal} signal
   * @returns {Promise<void>}
   */
  function readyToSend(at, signal) {
    return new Promise(resolve => {
      const done = () => {
        clearTimeout(timeout)
        removeEventListener('online', done)
        resolve()
      }
      const timeout = setTimeout(() => navigator.onLine && done(), Math.max(0, at - Date.now()))
      addEventListener('online', done)
      signal.addEventListener('abort', done)
    })
  }

  // --- asking ------------------------------------------------------------------------------------------

  /**
   * Ask for a job's state now and from now on, if there is more to come.
   * @param {Job} job
   */
  function follow(job) {
    const isFinal = job.missing || (hasEnded(job.status) && job.status?.pollAfterMs === null)
    if (isFinal) polls.delete(job.key)
    if (!job.jobId || isFinal || polls.has(job.key)) return
    polls.set(job.key, firstPoll(situation()))
    tick()
  }

  /**
   * Ask again when the site says.
   * @param {string} key
   * @param {{pollAfterMs: number | null}} answer
   */
  function wait(key, { pollAfterMs }) {
    const poll = polls.get(key) ?? firstPoll(situation())
    polls.set(key, reducePoll(poll, { type: 'answered', at: Date.now(), pollAfterMs }))
    tick()
  }

  function situation() {
    return { at: Date.now(), hidden: document.hidden, offline: !navigator.onLine }
  }

  function tick() {
    clearTimeout(timer)
    if (!isLeading) return
    const dues = [...polls].flatMap(([key, poll]) => {
      const due = asking.has(key) ? null : dueAt(poll)
      return due === null ? [] : [{ key, due }]
    })
    const now = Date.now()
    for (const { key, due } of dues) if (due <= now) void ask(key)
    const next = Math.min(...dues.filter(({ due }) => due > now).map(({ due }) => due))
    if (Number.isFinite(next)) timer = setTimeout(tick, next - now)
  }

  /**
   * Ask for a job's state now.
   * @param {string} key
   */
  async function ask(key) {
    const jobId = jobs.get(key)?.jobId
    if (!jobId || asking.has(key)) return
    asking.add(key)
    const outcome = await videoStatus(jobId)
    const at = Date.now()
    const event = outcome.ok
      ? /** @type {const} */ ({ type: 'status-answered', status: outcome.value, at })
      : /** @type {const} */ ({ type: 'status-failed', failure: outcome.failure, at })
    const job = await apply(key, event)
    asking.delete(key)
    if (!job) return
    // What was erased everywhere, from another browser too, is not kept here either.
    if (job.status?.deletedAt) await store.dropPictures(key)
    if (outcome.ok) wait(key, outcome.value)
    else if (job.missing) polls.delete(key)
    else {
      const retryAfterMs = outcome.failure.kind === 'http' ? outcome.failure.retryAfterMs : null
      const poll = polls.get(key) ?? firstPoll(situation())
      polls.set(key, reducePoll(poll, { type: 'failed', at, retryAfterMs }))
    }
    tick()
  }

  /** @param {PollEvent} event */
  function pollAll(event) {
    for (const [key, poll] of polls) polls.set(key, reducePoll(poll, event))
    tick()
  }

  // --- ending ------------------------------------------------------------------------------------------

  /**
   * Take a job back that the site cannot have got, or cancel it.
   * @param {string} key
   * @returns {Promise<{job: Job, photos: Blob[]} | null>} what was taken back; null where the site cancels
   */
  async function cancel(key) {
    const job = jobs.get(key)
    if (!job) return null
    if (isUnsent(job)) {
      senders.get(key)?.abort()
      const { photos } = await store.pictures(key)
      await remove(key)
      return { job, photos }
    }
    const wanted = await apply(key, { type: 'cancel-wanted' })
    if (wanted?.jobId) await sendCancel(wanted)
    return null
  }

  /** @param {Job} job */
  async function sendCancel({ key, jobId, ownerToken }) {
    if (!jobId || !ownerToken) return
    for (let attempt = 0; attempt < CANCEL_ATTEMPTS; attempt += 1) {
      const outcome = await cancelVideo({ jobId, ownerToken, erase: false })
      const at = Date.now()
      if (outcome.ok) {
        const job = await apply(key, { type: 'status-answered', status: outcome.value, at })
        if (job)
          polls.set(key, reducePoll(firstPoll(situation()), { type: 'answered', at, pollAfterMs: null }))
        return
      }
      if (outcome.failure.kind === 'http' && outcome.failure.status < 500) break
      await readyToSend(at + 1_000 * 2 ** attempt, new AbortController().signal)
    }
    await apply(key, { type: 'cancel-failed' })
    await ask(key)
  }

  /**
   * Start it again: the very same request where the site refused it, else a new job with the same photos.
   * @param {string} key
   * @param {{hasPrice: boolean}} options
   * @returns {Promise<string>} the key of the job to look at
   */
  async function retry(key, { hasPrice }) {
    const job = jobs.get(key)
    if (!job) return key
    if (job.phase === 'refused') {
      await apply(key, { type: 'resent', at: Date.now() })
      void send(key, { resumed: false })
      return key
    }
    const { jobId, ownerToken, prompt, aspectRatio, model, ratio } = job
    if (!jobId || !ownerToken) return key
    const pictures = await store.pictures(key)
    return submit(
      { prompt, aspectRatio, model, ratio, pictures, hasPrice },
      { retryOf: { jobId, ownerToken }, rescue: canRescue(job) },
    )
  }

  /**
   * Take a job out of this browser.
   * @param {string} key
   */
  async function remove(key) {
    await store.remove(key)
    forget(key)
    channel.postMessage({ type: 'removed', key })
  }

  /**
   * Delete a job's photos, prompt and video at the site, then here.
   * @param {string} key
   * @returns {Promise<boolean>} false where the site did not do it: the job stays
   */
  async function erase(key) {
    const job = jobs.get(key)
    if (job?.jobId && job.ownerToken) {
      const outcome = await cancelVideo({ jobId: job.jobId, ownerToken: job.ownerToken, erase: true })
      const isGone =
        !outcome.ok && outcome.failure.kind === 'http' && [404, 410].includes(outcome.failure.status)
      if (!outcome.ok && !isGone) return false
    }
    await remove(key)
    return true
  }

  // --- tabs --------------------------------------------------------------------------------------------

  /** @type {AbortController | null} */
  let queue = null

  /**
   * Be the tab that asks: at once, by taking it over, or when the one that asks now is closed.
   * @param {{takeOver: boolean}} how
   */
  function lead({ takeOver }) {
    if (isLeading) return
    queue?.abort()
    queue = new AbortController()
    const begin = () => {
      isLeading = true
      tick()
      return new Promise(() => {})
    }
    if (!navigator.locks) void begin()
    else
      navigator.locks
        .request(POLL_LOCK, takeOver ? { steal: true } : { signal: queue.signal }, begin)
        .catch(() => {
          if (!isLeading) return
          isLeading = false
          lead({ takeOver: false })
        })
  }

  // -----------------------------------------------------------------------------------------------------

  return {
    jobs: /** @type {ReadonlyMap<string, Job>} */ (jobs),
    submit,
    cancel,
    retry,
    remove,
    erase,
    refresh: ask,
    pictures: (/** @type {string} */ key) => store.pictures(key),

    /** Read what this browser keeps, and go on where each job stood. */
    async open() {
      for (const job of await store.all()) jobs.set(job.key, job)
      channel.onmessage = heard
      addEventListener('online', () => pollAll({ type: 'online', at: Date.now() }))
      addEventListener('offline', () => pollAll({ type: 'offline' }))
      document.addEventListener('visibilitychange', () => {
        if (!document.hidden) lead({ takeOver: true })
        pollAll({ type: document.hidden ? 'hidden' : 'shown' })
      })
      lead({ takeOver: !document.hidden })
      for (const job of jobs.values()) {
        if (isWaiting(job)) void send(job.key, { resumed: true })
        else if (job.cancelWanted) void sendCancel(job)
        else follow(job)
      }
    },

    /**
     * Watch a job by its link.
     * @param {string} jobId
     * @returns {string} its key
     */
    watch(jobId) {
      const known = [...jobs.values()].find(job => job.jobId === jobId)
      if (known) return known.key
      linked.add(jobId)
      show(linkedJob(jobId, Date.now()))
      polls.set(jobId, firstPoll(situation()))
      tick()
      return jobId
    },
  }
}

/** @typedef {ReturnType<typeof createEngine>} Engine */

/**
 * The request that starts a job. The same job always gives the same bytes, as the idempotency key demands.
 * @param {Job} job
 * @param {Blob[]} photos
 */
async function bodyOf({ prompt, aspectRatio, model, retryOf }, photos) {
  const origin = retryOf
    ? { retryOf: retryOf.jobId, ownerToken: retryOf.ownerToken }
    : { photos: (await Promise.all(photos.map(dataUrl))).map(data => ({ data })) }
  return new Blob([JSON.stringify({ prompt, ...origin, aspectRatio, ...(model && { model }) })])
}

/**
 * Do `work` while no other tab does work of this name. Without locks (plain http) this tab is taken for the
 * only one; the idempotency key keeps that safe.
 * @param {string} name
 * @param {() => Promise<void>} work
 */
async function exclusively(name, work) {
  if (navigator.locks) await navigator.locks.request(name, work)
  else await work()
}
