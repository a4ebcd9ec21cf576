/**
 * The jobs of this browser at work: sent, asked for and canceled, with every tab at the same point.
 *
 * What happens to a job is decided by the reducers in job.js and poll.js; sender.js and poller.js talk to the
 * site, leader.js picks the tab that asks, jobs.js keeps what is known.
 */

import { newKey } from './database.js'
import { canRescue, HOLD_MS, isUnknown, isUnsent, isWaiting, newJob } from './job.js'
import { NO_PICTURES } from './job_store.js'
import { createJobs } from './jobs.js'
import { createLeader } from './leader.js'
import { createPoller } from './poller.js'
import { createSender } from './sender.js'

/**
 * @typedef {import('./job.js').Job} Job
 * @typedef {Pick<typeof import('./api.js'), 'startVideo' | 'videoStatus' | 'cancelVideo'>} Api
 */

/**
 * @typedef {object} Draft
 * @property {string} [key] under which the form kept it; a new one unless given
 * @property {string} prompt
 * @property {import('./crop.js').AspectRatio} aspectRatio
 * @property {string | null} model
 * @property {import('./job_store.js').Pictures} pictures
 * @property {number} ratio
 */

/** @typedef {Draft & {key: string}} FormDraft */

/**
 * @param {object} options
 * @param {import('./job_store.js').JobStore} options.store
 * @param {Api} options.api
 * @param {import('./clock.js').Clock} options.clock
 * @param {import('./platform.js').Presence} options.presence
 * @param {import('./locks.js').Locks | null} options.locks
 * @param {import('./channel.js').Channel} options.channel
 * @param {() => string} options.accessCode
 * @param {(model: string | null) => boolean} options.hasPrice whether a video of this model has a price; null: the default's
 * @param {(photo: Blob) => Promise<string>} options.dataUrl
 * @param {(job: Job | null, before: Job | null) => void} options.onChange null: a job was removed
 * @param {() => void} options.onUnkept this browser has begun to keep nothing
 */
export function createEngine({
  store,
  api,
  clock,
  presence: { isOnline: saysOnline, ...others },
  locks,
  channel,
  accessCode,
  hasPrice,
  dataUrl,
  onChange,
  onUnkept,
}) {
  /** Whether the site has answered the latest question since the browser said that it lost its network. */
  let hasAnswered = false
  const isOnline = () => hasAnswered || saysOnline()
  const presence = { ...others, isOnline }
  presence.on('offline', () => {
    hasAnswered = false
  })
  const jobs = createJobs({ store, channel, onChange: changed, onUnkept })
  const poller = createPoller({ api, jobs, clock, presence })
  const photosOf = async (/** @type {Job} */ { key }) =>
    Promise.all((await jobs.pictures(key)).photos.map(dataUrl))
  const sender = createSender({ api, jobs, poller, clock, presence, locks, accessCode, photosOf })
  const lead = createLeader({ locks, hasOthers: channel.isOpen, onChange: poller.lead })

  /**
   * @param {Job | null} job
   * @param {Job | null} before
   */
  function changed(job, before) {
    // What was erased everywhere, from another browser too, is not kept here either.
    if (job?.status?.deletedAt && !before?.status?.deletedAt) void store.dropPictures(job.key).catch(() => {})
    if (job && before && (job.answeredAt !== before.answeredAt || job.silentSince !== before.silentSince))
      hasAnswered = job.silentSince === null
    onChange(job, before)
  }

  /** A job's pictures, as far as this browser can read them. @param {string} key */
  function pictures(key) {
    return jobs.pictures(key).catch(() => NO_PICTURES)
  }

  /** Go on where a job stands. @param {Job} job */
  function resume(job) {
    if (isWaiting(job)) void sender.send(job.key, { resumed: true })
    else poller.follow(job)
  }

  /** @param {import('./channel.js').Message} message */
  async function heard(message) {
    if (message.type === 'forgotten') return // main.js begins anew
    if (message.type === 'removed') jobs.forget(message.key)
    else {
      const job = await jobs.reread(message.key)
      if (job) resume(job)
    }
  }

  /**
   * @param {Draft} draft
   * @param {{retryOf?: Job['retryOf'], rescue?: boolean}} [origin]
   * @returns {Promise<string>} the new job's key
   */
  async function submit({ pictures, key = newKey(), ...draft }, origin = {}) {
    const holdMs = hasPrice(draft.model) && !origin.rescue ? HOLD_MS : 0
    const photosCount = pictures.photos.length
    const job = newJob({ ...draft, ...origin, key, photosCount, at: clock.now(), holdMs })
    // A job of the same photos has a video of its own, and so another poster.
    await jobs.add(job, { ...pictures, poster: null })
    void sender.send(key, { resumed: false })
    return key
  }

  /** Whether the site cannot have got a job, so that a cancel is free for sure. @param {string} key */
  function isFreeToCancel(key) {
    const job = jobs.get(key)
    return job !== undefined && isUnsent(job, sender.isSending(key))
  }

  /**
   * Take a job back that the site cannot have got, or cancel it.
   * @param {string} key
   * @returns {Promise<{job: Job, pictures: import('./job_store.js').Pictures} | null>} what was taken back; null where the site cancels
   */
  async function cancel(key) {
    const job = jobs.get(key)
    if (!job) return null
    if (isFreeToCancel(key)) {
      sender.stop(key)
      const taken = await pictures(key)
      await jobs.remove(key)
      return { job, pictures: taken }
    }
    const wanted = await jobs.apply(key, { type: 'cancel-wanted' })
    if (wanted?.jobId) await sender.cancel(wanted)
    return null
  }

  /**
   * Start it again: under the same key where the site refused it, else a new job with the same photos.
   * @param {string} key
   * @param {string | null} model
   * @returns {Promise<string>} the key of the job to look at
   */
  async function retry(key, model) {
    const job = jobs.get(key)
    if (!job) return key
    if (job.phase === 'refused') {
      await jobs.apply(key, { type: 'resent', model, at: clock.now() })
      void sender.send(key, { resumed: false })
      return key
    }
    const { jobId, ownerToken, prompt, aspectRatio, ratio } = job
    if (!jobId || !ownerToken) return key
    return submit(
      { prompt, aspectRatio, model, ratio, pictures: await pictures(key) },
      { retryOf: { jobId, ownerToken }, rescue: canRescue(job) },
    )
  }

  /**
   * Delete a job's photos, prompt and video at the site, then here. The job itself is given, since another tab may
   * have removed it from this browser meanwhile.
   * @param {Job} job
   * @returns {Promise<boolean>} false where the site did not do it: the job stays
   */
  async function erase({ key, jobId, ownerToken }) {
    if (!jobId || !ownerToken) return false
    const outcome = await api.cancelVideo({ jobId, ownerToken, erase: true })
    const isErased = outcome.ok ? Boolean(outcome.value.deletedAt) : isUnknown(outcome.failure)
    if (isErased) await jobs.remove(key)
    return isErased
  }

  return {
    jobs: jobs.all,
    submit,
    isFreeToCancel,
    isOnline,
    cancel,
    retry,
    remove: jobs.remove,
    erase,
    refresh: poller.ask,
    renew: poller.renew,
    pictures,

    keepPoster: (/** @type {string} */ key, /** @type {Blob} */ poster) => store.keepPoster(key, poster),

    /**
     * @param {string} key
     * @param {boolean} isFavorite
     */
    favor: (key, isFavorite) => jobs.apply(key, { type: 'favored', isFavorite }),

    /** Read what this browser keeps, and go on where each job stood. */
    async open() {
      await jobs.load()
      channel.listen(message => void heard(message))
      presence.on('visibilitychange', () => !presence.isHidden() && lead({ takeOver: true }))
      lead({ takeOver: !presence.isHidden() })
      for (const job of jobs.all.values()) {
        if (job.cancelWanted && job.jobId) void sender.cancel(job)
        else resume(job)
      }
    },

    /**
     * Watch a job by its link.
     * @param {string} jobId
     * @returns {string} its key
     */
    watch(jobId) {
      const known = [...jobs.all.values()].find(job => job.jobId === jobId)
      if (known) return known.key
      jobs.link(jobId, clock.now())
      poller.renew(jobId)
      return jobId
    },
  }
}

/** @typedef {ReturnType<typeof createEngine>} Engine */
