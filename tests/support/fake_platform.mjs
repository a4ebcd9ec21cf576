/** A browser for the page's engine whose clock only the test moves: tabs, locks, stores and a site that it plays. */

import { createEngine } from '../../public/app/engine.js'
import { NO_PICTURES } from '../../public/app/job_store.js'

/**
 * @typedef {import('../../public/app/job.js').Job} Job
 * @typedef {import('../../public/app/api.js').Status} Status
 * @typedef {import('../../public/app/job_store.js').JobStore} JobStore
 */

export const START = Date.parse('2026-11-20T10:00:00Z')

/** Let everything run that waits for nothing but its turn; reading a Blob takes several. */
export async function settle() {
  for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate)
}

export class FakeClock {
  #monotonic = 0
  /** How far the time of day has been set off. */
  offset = 0
  /** @type {{at: number, run: () => void}[]} */
  #timers = []
  now = () => START + this.#monotonic + this.offset
  monotonic = () => this.#monotonic
  /**
   * @param {() => void} run
   * @param {number} ms
   */
  setTimeout = (run, ms) => {
    const timer = { at: this.#monotonic + ms, run }
    this.#timers.push(timer)
    return timer
  }
  /** @param {any} timer */
  clearTimeout = timer => {
    this.#timers = this.#timers.filter(one => one !== timer)
  }
  /** @param {number} ms */
  async advance(ms) {
    const end = this.#monotonic + ms
    await settle()
    for (;;) {
      const next = this.#timers.filter(({ at }) => at <= end).sort((one, other) => one.at - other.at)[0]
      if (!next) break
      this.clearTimeout(next)
      this.#monotonic = Math.max(this.#monotonic, next.at)
      next.run()
      await settle()
    }
    this.#monotonic = end
  }
}

class FakePresence {
  hidden = false
  online = true
  /** @type {Map<string, Set<() => void>>} */
  #listeners = new Map()
  isHidden = () => this.hidden
  isOnline = () => this.online
  /** @param {string} event @param {() => void} listener */
  on = (event, listener) => {
    this.#listeners.set(event, (this.#listeners.get(event) ?? new Set()).add(listener))
  }
  /** @param {string} event @param {() => void} listener */
  off = (event, listener) => void this.#listeners.get(event)?.delete(listener)
  /** @param {string} event */
  fire(event) {
    for (const listener of [...(this.#listeners.get(event) ?? [])]) listener()
  }
  /** @param {boolean} online */
  network(online) {
    this.online = online
    this.fire(online ? 'online' : 'offline')
  }
  /** @param {boolean} hidden */
  hide(hidden) {
    this.hidden = hidden
    this.fire('visibilitychange')
  }
}

/** As the Web Locks API: https://w3c.github.io/web-locks/ */
class FakeLocks {
  /** @type {Map<string, {isGone: boolean, reject: (error: Error) => void}[]>} */
  #queues = new Map()
  /** @param {string} name @param {any} options @param {any} [work] @returns {Promise<any>} */
  request(name, options, work = options) {
    const { steal = false, signal } = typeof options === 'function' ? {} : options
    return new Promise((resolve, reject) => {
      const queue = this.#queues.get(name) ?? []
      this.#queues.set(name, queue)
      const entry = { isGone: false, reject, start: () => {} }
      const leave = () => {
        entry.isGone = true
        const place = queue.indexOf(entry)
        if (place >= 0) queue.splice(place, 1)
        if (place === 0) /** @type {any} */ (queue[0])?.start()
      }
      entry.start = () => {
        Promise.resolve().then(work).then(resolve, reject).then(leave)
      }
      signal?.addEventListener('abort', () => {
        leave()
        reject(new DOMException('', 'AbortError'))
      })
      const holder = queue[0]
      if (steal) {
        queue.shift()
        holder?.reject(new DOMException('', 'AbortError'))
        queue.unshift(entry)
      } else queue.push(entry)
      if (queue[0] === entry) entry.start()
    })
  }
}

/** @type {any} what a browser does that has locks and denies them */
export const DENIED_LOCKS = { request: async () => Promise.reject(new DOMException('', 'SecurityError')) }

class FakeStore {
  /** @type {Map<string, Job>} */
  jobs = new Map()
  /** @type {Map<string, any>} */
  photos = new Map()
  /** While it is set every call is refused, as by a connection that was cut. @type {Error | null} */
  trouble = null
  /** @template T @param {() => T} work @returns {Promise<T>} */
  async #do(work) {
    if (this.trouble) throw this.trouble
    return work()
  }
  /** @type {JobStore} */
  api = {
    all: () => this.#do(() => [...this.jobs.values()]),
    get: key => this.#do(() => this.jobs.get(key)),
    pictures: key => this.#do(() => this.photos.get(key) ?? NO_PICTURES),
    add: (job, pictures) =>
      this.#do(() => {
        this.jobs.set(job.key, job)
        this.photos.set(job.key, pictures)
      }),
    update: (key, change) =>
      this.#do(() => {
        const before = this.jobs.get(key)
        const job = before && change(before)
        if (job) this.jobs.set(key, job)
        return job
      }),
    keepPoster: (key, poster) =>
      this.#do(() => void this.photos.set(key, { ...this.photos.get(key), poster })),
    dropPictures: key => this.#do(() => void this.photos.delete(key)),
    remove: key =>
      this.#do(() => {
        this.jobs.delete(key)
        this.photos.delete(key)
      }),
  }
}

/** The site: one job, whose state the test sets. */
class FakeSite {
  /** @param {FakeClock} clock */
  constructor(clock) {
    this.clock = clock
  }
  /** How far the site's clock is ahead of true time, in ms. */
  offset = 0
  starts = /** @type {any[]} */ ([])
  polls = /** @type {number[]} */ ([])
  cancels = /** @type {any[]} */ ([])
  /** @type {Partial<Status>} */
  state = { status: 'processing', stage: 'rendering', pollAfterMs: 2_000 }
  /** @type {any} what a start, a poll and a cancel are answered with, where it is no success */
  failures = { start: null, status: null, cancel: null }

  /** @returns {Status} */
  status() {
    const nothing = { stage: null, startedAt: null, completedAt: null, videoUrl: null, downloadUrl: null }
    const more = { videoUrlExpiresAt: null, keptUntil: null, deletedAt: null, error: null, failure: null }
    const job = { jobId: 'J', prompt: 'wind', photosCount: 1, createdAt: '2026-11-20T10:00:00Z' }
    const time = { status: 'queued', elapsedSeconds: 1, estimatedSeconds: null, pollAfterMs: null }
    return { ...nothing, ...more, ...job, ...time, ...this.state }
  }
  /** @param {any} failure @param {any} value */
  #answer(failure, value) {
    if (failure) return { ok: /** @type {const} */ (false), failure }
    return { ok: /** @type {const} */ (true), value, serverAt: START + this.clock.monotonic() + this.offset }
  }
  /** @type {import('../../public/app/engine.js').Api} */
  api = {
    startVideo: async request => {
      request.onUpload(1)
      this.starts.push({ key: request.key, body: await request.body.text(), code: request.accessCode })
      const { createdAt, estimatedSeconds } = this.status()
      const answer = { jobId: 'J', ownerToken: 'T', pollAfterMs: 1_500, estimatedSeconds, createdAt }
      return this.#answer(this.failures.start, answer)
    },
    videoStatus: async () => {
      this.polls.push(this.clock.monotonic())
      return this.#answer(this.failures.status, this.status())
    },
    cancelVideo: async request => {
      this.cancels.push(request)
      return this.#answer(this.failures.cancel, { ...this.status(), status: 'canceled', pollAfterMs: null })
    },
  }
}

/** A browser with tabs that share its store, locks and channel. */
export class FakeBrowser {
  clock = new FakeClock()
  store = new FakeStore()
  site = new FakeSite(this.clock)
  /** @type {any} */
  locks = new FakeLocks()
  hasChannel = true
  /** @type {{tab: object, listener: (message: any) => void}[]} */
  #listeners = []

  /** @param {{hidden?: boolean, store?: JobStore}} [how] */
  async openTab({ hidden = false, store = this.store.api } = {}) {
    const presence = new FakePresence()
    presence.hidden = hidden
    const tab = {}
    const changes = /** @type {(Job | null)[]} */ ([])
    const unkept = /** @type {number[]} */ ([])
    const engine = createEngine({
      store,
      api: this.site.api,
      clock: this.clock,
      presence,
      locks: this.locks,
      channel: {
        isOpen: this.hasChannel,
        post: message => {
          if (!this.hasChannel) return
          for (const { tab: other, listener } of this.#listeners)
            if (other !== tab) queueMicrotask(() => listener(message))
        },
        listen: listener => void this.#listeners.push({ tab, listener }),
      },
      accessCode: () => 'code',
      hasPrice: model => model === 'priced',
      dataUrl: async () => 'data:image/jpeg;base64,AA==',
      onChange: job => changes.push(job),
      onUnkept: () => unkept.push(this.clock.monotonic()),
    })
    await engine.open()
    await settle()
    return { engine, presence, changes, unkept }
  }
}

/** @returns {import('../../public/app/engine.js').Draft} */
export function draft(changes = {}) {
  const pictures = { photos: [new Blob(['photo'])], thumbnail: null }
  return {
    prompt: 'wind',
    aspectRatio: '16:9',
    model: null,
    ratio: 16 / 9,
    pictures,
    ...changes,
  }
}
