/** The part of the page that deals with jobs: which one is shown, the history, what is said when one moves on. */

import * as api from './api.js'
import { priceOf } from './config.js'
import { ask } from './dialog.js'
import { el, setText } from './dom.js'
import { createEngine } from './engine.js'
import { forgetDevice } from './forget.js'
import { createHistoryView } from './history_view.js'
import { isLinked, isLinkOld, isUnderWay, stageOf } from './job.js'
import { createJobActions } from './job_actions.js'
import { openJobStore } from './job_store.js'
import { appearAnew, createJobView } from './job_view.js'
import { jobWords } from './job_words.js'
import { FORM } from './layout.js'
import { linkTo, permalink, readLink } from './links.js'
import * as notifications from './notifications.js'
import { isOfferNew } from './offer.js'
import { keepPage } from './offline.js'
import { dataUrl } from './photos.js'
import { headline } from './phrases.js'
import { createPictures } from './pictures.js'
import { platform } from './platform.js'
import { createPlayback } from './playback.js'
import { keptAccessCode, wantsLessData } from './preferences.js'
import { canShareFiles } from './sharing.js'
import { posterOf } from './video_picture.js'
import { words } from './words.js'

/**
 * @typedef {import('./job.js').Job} Job
 * @typedef {import('./engine.js').FormDraft} FormDraft
 */

/**
 * @param {{config: import('./config.js').Config, composer: import('./composer_view.js').ComposerView,
 *   layout: import('./layout.js').Layout}} page
 */
export async function openJobsPage({ config, composer, layout }) {
  /** @type {string | null} */
  let shownKey = null
  let hasSaidUnkept = false
  /** What ended while nobody looked. @type {Job | null} */
  let news = null

  const engine = createEngine({
    ...platform,
    api,
    store: openJobStore(),
    accessCode: keptAccessCode,
    hasPrice: model => priceOf(config, model) !== null,
    dataUrl,
    onChange,
    onUnkept,
  })
  const playback = createPlayback({ clock: platform.clock, renew: engine.renew })
  const pictures = createPictures({ load: engine.pictures, keep: engine.keepPoster, onLoad: render })
  const history = createHistoryView({
    linkTo,
    pictureOf(job) {
      const { poster, thumbnail } = pictures.of(job.key)
      return poster ?? thumbnail
    },
    onDelete: job => void actions.remove(job),
    onDownload: job => void actions.download(job),
    onFavor: job => void engine.favor(job.key, !job.isFavorite),
    onStaleLink: job => void engine.renew(job.key),
  })
  const jobView = createJobView({
    onAction: (action, job) => void actions.act(action, job),
    onBroken: job => {
      playback.broke(job.key, job.status?.videoUrl ?? null)
      render()
    },
    onShown: job => void keepPoster(job),
    onAskNow: job => void engine.refresh(job.key),
    onNotify: () => void turnNotificationsOn(),
    onSaveToDevice: job => void actions.saveToDevice(job),
  })
  const actions = createJobActions({ engine, composer, config, isStopped, layout, pictures, jobView })

  await engine.open()
  layout.main.prepend(jobView.element)
  const { forgetDialog } = jobWords
  const forgetButton = el(
    'button',
    { type: 'button', class: 'button is-quiet', onclick: () => void forgetAll() },
    forgetDialog.ask,
  )
  layout.history.replaceChildren(layout.historyHeading, ...history.elements, forgetButton)
  route({ isFirst: true })
  addEventListener('hashchange', () => route({ isFirst: false }))
  // A link to what is shown already changes no address, and leads there all the same.
  layout.history.addEventListener('click', ({ target }) => {
    const link = target instanceof Element ? target.closest('a') : null
    if (link?.hash === location.hash) route({ isFirst: false })
  })
  addEventListener('online', () => {
    playback.reset()
    render()
  })
  addEventListener('offline', render)
  setInterval(() => !document.hidden && render(), 1_000)
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) return
    news = null
    render()
  })

  /**
   * Show what the address names, and move the focus there as a new page would.
   * @param {{isFirst: boolean}} how first: the page has just been loaded
   */
  function route({ isFirst }) {
    const { jobId, key } = readLink(location.hash)
    shownKey = jobId ? engine.watch(jobId) : key && engine.jobs.has(key) ? key : null
    playback.reset()
    const job = shownJob()
    // What is kept here may be old: a link to a video lasts an hour, and a video may be gone, or back.
    if (job && !isUnderWay(job)) void engine.refresh(job.key)
    render()
    if (isFirst) return
    const heading = job ? jobView.heading : composer.heading
    heading.focus({ preventScroll: true })
    scrollTo({ top: 0 })
  }

  /** The job of the address; of another's, the text only where the link says that its maker shows it. */
  function shownJob() {
    const job = shownKey === null ? null : (engine.jobs.get(shownKey) ?? null)
    return job && isLinked(job) && !readLink(location.hash).showsText ? { ...job, prompt: '' } : job
  }

  function render() {
    const now = Date.now()
    const job = shownJob()
    if (composer.element.hidden !== (job !== null)) appearAnew(layout.main, layout.foot)
    composer.element.hidden = job !== null
    jobView.element.hidden = job === null
    layout.newVideo.hidden = job === null
    setText(layout.newVideo, job && isLinked(job) ? jobWords.visitor.newVideo : words.newVideo)
    if (job) {
      if (job.jobId && location.hash === `#~${job.key}`) window.history.replaceState(null, '', linkTo(job))
      jobView.update(job, {
        now,
        isOffline: !engine.isOnline(),
        photoUrl: pictures.of(job.key).startFrame,
        canNotify: notifications.canAsk(),
        canSaveToDevice: canShareFiles(),
        isUnplayable: playback.isUnplayable(job.key),
        permalink: permalink(job),
        price: priceOf(config, job.model),
      })
      if (isLinkOld(job, now) && !document.hidden) engine.renew(job.key)
    }
    // A job that is only watched by its link has no key of this browser.
    const own = [...engine.jobs.values()].filter(one => !isLinked(one))
    // A visitor's page has no empty list of nobody's videos.
    layout.history.hidden = !own.length && job !== null && isLinked(job)
    history.update(own, now)
    document.title = title(job)
  }

  /** @param {Job | null} job */
  function title(job) {
    if (news) return (stageOf(news) === 'completed' ? jobWords.tab.ready : jobWords.tab.ended)(words.title)
    if (job && isUnderWay(job)) return jobWords.tab.underWay(jobWords.states[stageOf(job)], words.title)
    return words.title
  }

  /** The list shows what became of a photo, also when the video is there no more. @param {Job} job */
  async function keepPoster(job) {
    if (isLinked(job) || pictures.of(job.key).poster || wantsLessData()) return
    const poster = await posterOf(job)
    if (poster) await pictures.keepPoster(job.key, poster)
  }

  function onUnkept() {
    if (!hasSaidUnkept) layout.say(words.notices.notKept)
    hasSaidUnkept = true
  }

  /**
   * @param {Job | null} job null: one was removed
   * @param {Job | null} before
   */
  function onChange(job, before) {
    if (job?.status?.videoUrl && job.status !== before?.status)
      playback.answered(job.key, job.status.videoUrl)
    if (job?.phase === 'started' && before?.phase === 'sending') void askToBeTold(job)
    if (job && before && stageOf(job) !== stageOf(before)) changed(job)
    if (!job && shownKey !== null && !engine.jobs.has(shownKey)) location.hash = FORM
    render()
  }

  /**
   * A job has come to another stage: say so to those who cannot see it, or do not look.
   * @param {Job} job
   */
  function changed(job) {
    const stage = stageOf(job)
    const isShown = job.key === shownKey
    if (stage === 'erased') pictures.release(job.key)
    if (isShown) layout.announce(headline(job, { isOffline: !engine.isOnline() }))
    if (stage !== 'completed' && stage !== 'failed') return
    if (!isShown) layout.say(`${jobWords.states[stage]}: ${job.prompt}`, linkTo(job))
    if (!document.hidden) return
    news = job
    const text = stage === 'completed' ? jobWords.notification.ready : jobWords.notification.ended
    void notifications.notify(text, { body: job.prompt, tag: job.jobId ?? job.key, url: permalink(job) })
  }

  async function forgetAll() {
    const answer = await ask({
      heading: forgetDialog.heading,
      text: () => forgetDialog.meaning,
      choices: [{ value: 'forget', label: forgetDialog.confirm, isGrave: true }],
      keep: forgetDialog.keep,
    })
    if (!answer) return
    if (await forgetDevice()) {
      platform.channel.post({ type: 'forgotten' })
      location.replace('/?forgotten')
    } else layout.say(forgetDialog.failed)
  }

  /**
   * Whether a press that starts a video has to wait: the site offers something else than the page has shown. Then the
   * page shows that, and says so.
   * @param {string | null} model null: the default
   */
  async function isStopped(model) {
    const isNew = await isOfferNew(config, model)
    composer.showOffer()
    layout.badge.hidden = !config.simulated
    render()
    if (isNew) layout.say(jobWords.notices.offerChanged)
    return isNew
  }

  async function turnNotificationsOn() {
    const isOn = await notifications.turnOn()
    render()
    if (!isOn) {
      layout.say(jobWords.notices.notifyRefused)
      return
    }
    const asked = await Promise.all([...engine.jobs.values()].filter(isUnderWay).map(askToBeTold))
    layout.say(asked.includes(true) ? jobWords.notices.notifiedAnywhere : jobWords.notices.notified)
  }

  /**
   * Let the site itself tell this browser of a job's end, if it can, and the person wants to be told.
   * @param {Job} job
   */
  async function askToBeTold({ jobId, ownerToken }) {
    if (!config.pushKey || !notifications.isOn() || !jobId || !ownerToken) return false
    const subscription = await notifications.subscription(config.pushKey)
    return subscription !== null && (await api.notifyVideo({ jobId, ownerToken, subscription })).ok
  }

  return {
    /**
     * @param {FormDraft} draft
     * @returns {Promise<boolean>} whether it was taken
     */
    async submit(draft) {
      if (await isStopped(draft.model)) return false
      // It is shown at once when it is known: a list with one more under the form would only jump about.
      shownKey = draft.key
      await engine.submit(draft)
      void keepPage()
      location.hash = `~${draft.key}`
      return true
    },
  }
}

/** @typedef {Awaited<ReturnType<typeof openJobsPage>>} JobsPage */
