/** Puts the page together: which view is shown, what the buttons do, what is said aloud. */

import { createComposerView, keptAccessCode } from './composer_view.js'
import { loadConfig, priceOf } from './config.js'
import { ask } from './dialog.js'
import { el, setText } from './dom.js'
import { createEngine } from './engine.js'
import { createHistoryView } from './history_view.js'
import { isUnderWay, isUnsent, stageOf } from './job.js'
import { openJobStore } from './job_store.js'
import { createJobView } from './job_view.js'
import * as notifications from './notifications.js'
import { headline } from './phrases.js'
import { createPictures } from './pictures.js'
import { canShareFiles, shareVideo } from './sharing.js'
import { chooseLanguage, LANGUAGES, words } from './words.js'

/**
 * @typedef {import('./job.js').Job} Job
 * @typedef {import('./job.js').Action} Action
 */

/** A job's id; before the site has given one, `~` and the key that it has in this browser. */
const PERMALINK = /^#([A-Za-z0-9_-]{22})$/
const LOCAL_LINK = /^#~([0-9a-f]{32})$/
/** A link to a video is renewed when it has less than this left, in ms. */
const LINK_RESERVE_MS = 60_000
const NOTICE_MS = 8_000

const [config, { store, isLasting }] = await Promise.all([loadConfig(), openJobStore()])

const stageVoice = el('p', { class: 'visually-hidden', role: 'status' })
const notice = el('p', { class: 'notice', role: 'status' })
const newVideo = el('a', { class: 'button is-small new-video', href: '#' }, words.newVideo)
const main = el('main', { id: 'content', tabindex: -1 })

/** @type {string | null} */
let shownKey = null
/** What ended while nobody looked. @type {Job | null} */
let news = null
/** @type {ReturnType<typeof setTimeout> | undefined} */
let noticeTimer

const engine = createEngine({ store, accessCode: keptAccessCode, onChange })
const pictures = createPictures({ load: engine.pictures, onLoad: render })
const composer = createComposerView({
  config,
  async onGenerate(draft) {
    location.hash = `~${await engine.submit(draft)}`
  },
})
const jobView = createJobView({
  onAction: (action, job) => void act(action, job),
  onBroken: job => void engine.refresh(job.key),
  onAskNow: job => void engine.refresh(job.key),
  onNotify: () => void turnNotificationsOn(),
  onSaveToDevice: job => void saveToDevice(job),
})
const history = createHistoryView({
  linkTo,
  thumbnailOf: job => pictures.of(job.key).thumbnail,
  onDelete: job => void remove(job),
  onDownload: job => void download(job),
})

document.documentElement.lang = words.language
document.documentElement.dir = words.direction
main.append(composer.element, jobView.element, history.element)
document.body.append(
  el('a', { class: 'skip', href: '#content', onclick: skip }, words.skip),
  el(
    'header',
    { class: 'top' },
    el(
      'a',
      { class: 'brand', href: '#' },
      el('span', { class: 'brand-lamp', 'aria-hidden': 'true' }),
      words.brand,
    ),
    config.simulated && el('span', { class: 'badge', title: words.simulatorMeaning }, words.simulator),
    newVideo,
  ),
  ...(isLasting ? [] : [el('p', { class: 'warning' }, words.notKept)]),
  main,
  el('footer', { class: 'foot' }, el('p', {}, words.footer.about), languageChoice()),
  el('p', { class: 'drop-anywhere', 'aria-hidden': 'true' }, words.photos.dropAnywhere),
  stageVoice,
  notice,
)

await engine.open()
route({ isFirst: true })
addEventListener('hashchange', () => route())
addEventListener('online', render)
addEventListener('offline', render)
setInterval(() => !document.hidden && render(), 1_000)
document.addEventListener('visibilitychange', () => {
  if (document.hidden) return
  news = null
  render()
})
takePhotosFromAnywhere()

// --- what is shown -------------------------------------------------------------------------------------------

/** Show what the address names, and move the focus there as a new page would. */
function route({ isFirst = false } = {}) {
  const jobId = PERMALINK.exec(location.hash)?.[1]
  const local = LOCAL_LINK.exec(location.hash)?.[1]
  shownKey = jobId ? engine.watch(jobId) : local && engine.jobs.has(local) ? local : null
  const job = shownJob()
  // A link to a video lasts an hour or so: the one that is kept here may be old.
  if (job && stageOf(job) === 'completed') void engine.refresh(job.key)
  render()
  if (isFirst) return
  ;(job ? jobView.heading : composer.heading).focus({ preventScroll: true })
  scrollTo({ top: 0 })
}

function shownJob() {
  return shownKey === null ? null : (engine.jobs.get(shownKey) ?? null)
}

function render() {
  const now = Date.now()
  const job = shownJob()
  composer.element.hidden = job !== null
  jobView.element.hidden = job === null
  newVideo.hidden = job === null
  if (job) {
    if (job.jobId && LOCAL_LINK.test(location.hash)) window.history.replaceState(null, '', linkTo(job))
    jobView.update(job, {
      now,
      isOffline: !navigator.onLine,
      photoUrl: pictures.of(job.key).startFrame,
      canNotify: notifications.canAsk(),
      canSaveToDevice: canShareFiles(),
      permalink: permalink(job),
    })
    renewLinks(job, now)
  }
  history.update(
    [...engine.jobs.values()].filter(({ key, jobId }) => key !== jobId),
    now,
  )
  document.title = title(job)
}

/** @param {Job | null} job */
function title(job) {
  if (news) return (stageOf(news) === 'completed' ? words.tab.ready : words.tab.ended)(words.title)
  if (job && isUnderWay(job)) return words.tab.underWay(words.states[stageOf(job)], words.title)
  return words.title
}

/**
 * @param {Job} job
 * @param {number} now
 */
function renewLinks({ key, status }, now) {
  if (!status?.videoUrl || !status.videoUrlExpiresAt || document.hidden || !navigator.onLine) return
  if (Date.parse(status.videoUrlExpiresAt) - now < LINK_RESERVE_MS) void engine.refresh(key)
}

/**
 * @param {Job | null} job null: one was removed
 * @param {Job | null} before
 */
function onChange(job, before) {
  if (job && before && stageOf(job) !== stageOf(before)) changed(job)
  if (!job && shownKey !== null && !engine.jobs.has(shownKey)) location.hash = ''
  render()
}

/**
 * A job has come to another stage: say so to those who cannot see it, or do not look.
 * @param {Job} job
 */
function changed(job) {
  const stage = stageOf(job)
  const isShown = job.key === shownKey
  if (isShown) setText(stageVoice, headline(job, { isOffline: !navigator.onLine }))
  if (stage !== 'completed' && stage !== 'failed') return
  if (!isShown) say(`${words.states[stage]}: ${job.prompt}`)
  if (!document.hidden) return
  news = job
  const text = stage === 'completed' ? words.notification.ready : words.notification.ended
  notifications.notify(text, { body: job.prompt, tag: job.key, url: linkTo(job) })
}

/** @param {string} text */
function say(text) {
  setText(notice, text)
  notice.classList.add('is-shown')
  clearTimeout(noticeTimer)
  noticeTimer = setTimeout(() => notice.classList.remove('is-shown'), NOTICE_MS)
}

// --- what the buttons do -------------------------------------------------------------------------------------

/** @param {Job} job */
function linkTo({ jobId, key }) {
  return jobId ? `#${jobId}` : `#~${key}`
}

/** @param {Job} job */
function permalink(job) {
  return new URL(linkTo(job), location.href).href
}

/**
 * @param {Action} action
 * @param {Job} job
 */
async function act(action, job) {
  switch (action) {
    case 'undo':
      return takeBack(job)
    case 'cancel':
      return cancel(job)
    case 'share':
      return share(job)
    case 'retry':
    case 'rescue':
      location.hash = `~${await engine.retry(job.key, { hasPrice: priceOf(config, job.model) !== null })}`
      return undefined
    case 'edit':
      return edit(job, (await engine.pictures(job.key)).photos)
    case 'delete':
      return remove(job)
    case 'save':
      return undefined // a plain link
  }
}

/** @param {Job} job */
async function takeBack(job) {
  const taken = await engine.cancel(job.key)
  if (!taken) return
  edit(taken.job, taken.photos)
  say(words.notices.takenBack)
}

/** @param {Job} job */
async function cancel(job) {
  if (isUnsent(job)) return takeBack(job)
  const stage = stageOf(job)
  const answer = await ask({
    heading: words.cancelDialog.heading,
    text: stage === 'rendering' ? words.cancelDialog.rendering : words.cancelDialog.queued,
    choices: [{ value: 'cancel', label: words.cancelDialog.confirm, isGrave: true }],
    keep: words.cancelDialog.keep,
  })
  if (answer) await engine.cancel(job.key)
}

/**
 * Put a job's text and photos back into the form.
 * @param {Job} job
 * @param {Blob[]} photos
 */
function edit({ prompt, aspectRatio, model }, photos) {
  composer.fill({ prompt, aspectRatio, model, photos })
  location.hash = ''
  if (!photos.length) say(words.notices.noPhotos)
}

/** @param {Job} job */
async function share(job) {
  const link = permalink(job)
  try {
    await navigator.clipboard.writeText(link)
    say(words.notices.linkCopied)
  } catch {
    say(words.notices.link(link))
  }
}

/** @param {Job} job */
async function remove(job) {
  const canErase = job.jobId !== null && job.ownerToken !== null
  const answer = await ask({
    heading: words.deleteDialog.heading,
    choices: [
      { value: 'here', label: words.deleteDialog.here, meaning: words.deleteDialog.hereMeaning },
      ...(canErase
        ? [
            {
              value: 'everywhere',
              label: words.deleteDialog.everywhere,
              meaning: words.deleteDialog.everywhereMeaning,
              isGrave: true,
            },
          ]
        : []),
    ],
    keep: words.deleteDialog.keep,
  })
  if (!answer) return
  if (answer === 'everywhere' && !(await engine.erase(job.key))) {
    say(words.notices.eraseFailed)
    return
  }
  if (answer === 'here') await engine.remove(job.key)
  pictures.release(job.key)
  say(answer === 'here' ? words.notices.removed : words.notices.erased)
  history.focus()
}

/** @param {Job} job */
async function download(job) {
  await engine.refresh(job.key)
  const url = engine.jobs.get(job.key)?.status?.downloadUrl
  if (url) location.assign(url)
  else say(words.refusals.network)
}

/** @param {Job} job */
async function saveToDevice({ jobId, status }) {
  if (!status?.videoUrl || !status.downloadUrl) return
  const outcome = await shareVideo(status.videoUrl, `${jobId}.mp4`)
  if (outcome === 'unreachable') location.assign(status.downloadUrl)
  setText(
    jobView.saveToDevice,
    outcome === 'press again' ? words.actions.saveReady : words.actions.saveToDevice,
  )
}

async function turnNotificationsOn() {
  say((await notifications.turnOn()) ? words.notices.notified : words.notices.notifyRefused)
  render()
}

/** @param {Event} event */
function skip(event) {
  event.preventDefault()
  main.focus()
}

function languageChoice() {
  const select = el(
    'select',
    { 'aria-label': words.chooseLanguage, onchange: () => chooseLanguage(select.value) },
    ...Object.entries(LANGUAGES).map(([value, { name }]) =>
      el('option', { value, lang: value, selected: value === words.language }, name),
    ),
  )
  return select
}

/** Photos may be dropped anywhere on the page, or pasted. */
function takePhotosFromAnywhere() {
  const take = (/** @type {FileList | undefined} */ files) => {
    if (!files?.length) return false
    if (shownJob()) location.hash = ''
    composer.addFiles([...files])
    return true
  }
  const hasFiles = (/** @type {DragEvent} */ event) => event.dataTransfer?.types.includes('Files') ?? false
  const mark = (/** @type {boolean} */ isOver) => document.body.classList.toggle('is-dropping', isOver)
  addEventListener('dragover', event => {
    if (!hasFiles(event)) return
    event.preventDefault()
    mark(true)
  })
  addEventListener('dragleave', event => {
    if (!event.relatedTarget) mark(false)
  })
  addEventListener('drop', event => {
    mark(false)
    if (take(event.dataTransfer?.files)) event.preventDefault()
  })
  addEventListener('paste', event => {
    if (take(event.clipboardData?.files)) event.preventDefault()
  })
}
