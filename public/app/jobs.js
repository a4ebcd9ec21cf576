/**
 * The jobs that this tab knows, in step with what the browser keeps and with the other tabs.
 *
 * The store goes first, so that tabs do not undo each other's changes. Where it fails (cut off, cleared, full,
 * silent), the job goes on in this tab alone, and is written as soon as the store takes it again. A job that it never
 * took (some private windows, a full disk) lives as long as this tab. Its draft stays in the database, pressed: the
 * next page sends it again with the same key, and so finds the job.
 */

import { linkedJob, reduceJob } from './job.js'

/**
 * @typedef {import('./job.js').Job} Job
 * @typedef {import('./job.js').JobEvent} JobEvent
 * @typedef {import('./job_store.js').Pictures} Pictures
 */

/**
 * @param {{store: import('./job_store.js').JobStore, channel: import('./channel.js').Channel,
 *   onChange: (job: Job | null, before: Job | null) => void, onUnkept: () => void}} options
 *   onUnkept: the store has begun to fail
 */
export function createJobs({ store, channel, onChange, onUnkept }) {
  /** @type {Map<string, Job>} */
  const known = new Map()
  /** Jobs that are watched by their link alone: they are another's, and not kept. @type {Set<string>} */
  const linked = new Set()
  /** Jobs of which this tab knows more than the store. @type {Set<string>} */
  const ahead = new Set()
  /** Jobs that the store has not taken. @type {Set<string>} */
  const unkept = new Set()
  /** The pictures of those, and of jobs that the site does not have yet. @type {Map<string, Pictures>} */
  const ownPictures = new Map()
  /** @type {Set<(key: string) => void>} */
  const removalListeners = new Set()

  /** @param {Job} job */
  function show(job) {
    const before = known.get(job.key) ?? null
    const upload = job.upload ?? (job.phase === 'sending' ? (before?.upload ?? null) : null)
    const shown = { ...job, upload }
    known.set(job.key, shown)
    const isElsewhere = job.phase === 'started' && !unkept.has(job.key)
    if (isElsewhere || job.status?.deletedAt) ownPictures.delete(job.key)
    onChange(shown, before)
    return shown
  }

  /** @param {string} key */
  function forget(key) {
    known.delete(key)
    linked.delete(key)
    ahead.delete(key)
    unkept.delete(key)
    ownPictures.delete(key)
    for (const listener of removalListeners) listener(key)
    onChange(null, null)
  }

  /** What is kept of a job. @param {Job} job */
  const record = job => ({ ...job, upload: null })

  /**
   * Write what only this tab knows.
   * @param {string} key
   */
  async function catchUp(key) {
    const job = known.get(key)
    if (!job) return
    const kept = await store.update(key, () => record(job)).catch(() => undefined)
    if (!kept) return
    if (known.get(key) === job) ahead.delete(key)
    channel.post({ type: 'changed', key })
  }

  /**
   * @param {string} key
   * @param {JobEvent} event
   * @returns {Promise<Job | undefined>} the job after the event; undefined where it has been removed meanwhile
   */
  async function apply(key, event) {
    if (!linked.has(key) && !ahead.has(key)) {
      const job = await store.update(key, before => record(reduceJob(before, event))).catch(() => undefined)
      if (job) {
        channel.post({ type: 'changed', key })
        return show(job)
      }
      if (known.has(key)) {
        ahead.add(key)
        onUnkept()
      }
    }
    const job = known.get(key)
    if (!job) return undefined
    const shown = show(reduceJob(job, event))
    if (ahead.has(key)) void catchUp(key)
    return shown
  }

  return {
    all: /** @type {ReadonlyMap<string, Job>} */ (known),
    apply,
    forget,

    /** @param {string} key */
    get: key => known.get(key),

    /** Whether no other tab knows this job as this one does. @param {string} key */
    isOurs: key => linked.has(key) || ahead.has(key),

    /** @param {(key: string) => void} listener called when a job has gone, from whichever tab */
    onRemoved: listener => void removalListeners.add(listener),

    /** Read what this browser keeps. */
    async load() {
      try {
        for (const job of await store.all()) known.set(job.key, job)
      } catch {
        onUnkept()
      }
    },

    /**
     * @param {Job} job
     * @param {Pictures} pictures
     */
    async add(job, pictures) {
      ownPictures.set(job.key, pictures)
      await store.add(job, pictures).catch(() => {
        unkept.add(job.key)
        ahead.add(job.key)
        onUnkept()
      })
      show(job)
      channel.post({ type: 'changed', key: job.key })
    },

    /** @param {string} key */
    pictures: async key => ownPictures.get(key) ?? store.pictures(key),

    /**
     * What another tab has changed.
     * @param {string} key
     */
    async reread(key) {
      const job = ahead.has(key) ? undefined : await store.get(key).catch(() => undefined)
      return job && show(job)
    },

    /**
     * The job as all tabs know it: undefined where one of them has removed it.
     * @param {string} key
     */
    latest: async key => {
      if (unkept.has(key)) return known.get(key)
      const job = await store.get(key).catch(() => known.get(key))
      return known.has(key) ? job : undefined
    },

    /**
     * @param {string} key
     * @param {number} share
     */
    uploaded(key, share) {
      const job = known.get(key)
      if (job) show(reduceJob(job, { type: 'uploaded', share }))
    },

    /**
     * @param {string} jobId
     * @param {number} at
     */
    link(jobId, at) {
      linked.add(jobId)
      show(linkedJob(jobId, at))
    },

    /**
     * Take a job out of this browser.
     * @param {string} key
     * @returns {Promise<boolean>} false where the store did not do it: the next page will show the job again
     */
    async remove(key) {
      // Of a job that the store never took the draft may still lie in it.
      const isRemoved = await store.remove(key).then(
        () => true,
        () => unkept.has(key),
      )
      forget(key)
      channel.post({ type: 'removed', key })
      return isRemoved
    },
  }
}

/** @typedef {ReturnType<typeof createJobs>} Jobs */
