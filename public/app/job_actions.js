/** What the buttons of a job do. */

import { offered } from './config.js'
import { ask } from './dialog.js'
import { el, setText } from './dom.js'
import { actionsOf, isFresh, isGone, isLinked, stageOf } from './job.js'
import { jobWords } from './job_words.js'
import { FORM } from './layout.js'
import { linkTo, permalink } from './links.js'
import { shareLink, shareVideo } from './sharing.js'
import { lastFrame } from './video_picture.js'
import { words } from './words.js'

/**
 * @typedef {import('./job.js').Job} Job
 * @typedef {import('./job.js').Action} Action
 */

/**
 * @param {{engine: import('./engine.js').Engine, composer: import('./composer_view.js').ComposerView,
 *   config: import('./config.js').Config, isStopped: (model: string | null) => Promise<boolean>,
 *   layout: import('./layout.js').Layout, pictures: import('./pictures.js').JobPictures,
 *   jobView: import('./job_view.js').JobView}} page stopped: the site offers something else than the page has shown
 */
export function createJobActions({ engine, composer, config, isStopped, layout, pictures, jobView }) {
  /** What has been pressed and is not done yet. @type {Set<string>} */
  const underWay = new Set()

  /**
   * Do what a button says, once for a double press.
   * @param {Action} action
   * @param {Job} job
   */
  async function act(action, job) {
    const pressed = `${action} ${job.key}`
    if (underWay.has(pressed)) return
    underWay.add(pressed)
    try {
      await perform(action, job)
    } finally {
      underWay.delete(pressed)
    }
  }

  /**
   * @param {Action} action
   * @param {Job} job
   */
  async function perform(action, job) {
    switch (action) {
      case 'undo':
        return takeBack(job)
      case 'cancel':
        return cancel(job)
      case 'share':
        return share(job)
      case 'retry':
        if (await isStopped(job.model)) return undefined
        return tryAgain(job, offered(config, job.model))
      case 'rescue':
        return tryAgain(job, job.model)
      case 'another':
        return anotherTake(job, await engine.pictures(job.key))
      case 'continue':
        return goOn(job)
      case 'edit':
        return edit(job, await engine.pictures(job.key))
      case 'delete':
        return remove(job)
      case 'save':
        return download(job)
    }
  }

  /**
   * @param {Job} job
   * @param {string | null} model
   */
  async function tryAgain({ key }, model) {
    location.hash = `~${await engine.retry(key, model)}`
  }

  /** @param {Job} job */
  async function takeBack(job) {
    const taken = await engine.cancel(job.key)
    if (!taken) return
    await edit(taken.job, taken.pictures)
    layout.say(jobWords.notices.takenBack)
  }

  /** @param {Job} job */
  async function cancel(job) {
    if (engine.isFreeToCancel(job.key)) return takeBack(job)
    // What it costs depends on what has happened since the site was asked last.
    void engine.refresh(job.key)
    const isOver = () => {
      const current = engine.jobs.get(job.key)
      return !current || !actionsOf(current).includes('cancel')
    }
    const answer = await ask({
      heading: jobWords.cancelDialog.heading,
      text: () => costOfCancel(engine.jobs.get(job.key) ?? job),
      isOver,
      choices: [{ value: 'cancel', label: jobWords.cancelDialog.confirm, isGrave: true }],
      keep: jobWords.cancelDialog.keep,
    })
    if (answer) await engine.cancel(job.key)
    // The button to which the focus would go back is gone.
    else if (isOver()) jobView.heading.focus()
  }

  /** @param {Job} job */
  function costOfCancel(job) {
    if (stageOf(job) !== 'queued') return jobWords.cancelDialog.rendering
    return isFresh(job, Date.now()) ? jobWords.cancelDialog.queued : jobWords.cancelDialog.queuedSince
  }

  /**
   * Put a job's text and photos back into the form.
   * @param {Job} job
   * @param {import('./job_store.js').Pictures} pictures
   */
  async function edit({ key, prompt, aspectRatio, model }, { photos, sources = photos, position = null }) {
    const isCopy = engine.jobs.has(key)
    await composer.fill({ prompt, aspectRatio, model, photos: sources, position, isCopy })
    location.hash = FORM
    if (!sources.length) layout.say(words.notices.noPhotos)
  }

  /**
   * Make another video of the same photos and text.
   * @param {Job} job
   * @param {import('./job_store.js').Pictures} pictures
   */
  async function anotherTake(job, pictures) {
    if (!pictures.photos.length) return edit(job, pictures)
    if (await isStopped(job.model)) return
    const { prompt, aspectRatio, ratio } = job
    const model = offered(config, job.model)
    const key = await engine.submit({ prompt, aspectRatio, model, ratio, pictures })
    location.hash = `~${key}`
  }

  /**
   * Begin the form with the last picture of a video.
   * @param {Job} job
   */
  async function goOn({ key, aspectRatio, model }) {
    try {
      await engine.refresh(key)
      const photo = await lastFrame(engine.jobs.get(key)?.status?.videoUrl ?? '')
      await composer.fill({ prompt: '', aspectRatio, model, photos: [photo], isCopy: true })
      location.hash = FORM
    } catch {
      jobView.refuseContinue(jobWords.notices.cannotContinue)
    }
  }

  /**
   * Pass the link on; the maker decides whether the text goes with it.
   * @param {Job} job
   */
  async function share(job) {
    const withText = el('input', { type: 'checkbox' })
    const canShare = typeof navigator.share === 'function'
    const answer =
      isLinked(job) ||
      (await ask({
        heading: jobWords.shareDialog.heading,
        text: () => jobWords.shareDialog.meaning,
        extra: el('label', { class: 'tick' }, withText, ` ${jobWords.shareDialog.withText}`),
        choices: [
          { value: 'share', label: canShare ? jobWords.shareDialog.share : jobWords.shareDialog.copy },
        ],
        keep: jobWords.shareDialog.keep,
      }))
    if (!answer) return
    const url = isLinked(job) ? location.href : `${permalink(job)}${withText.checked ? '+text' : ''}`
    if (!canShare || (await shareLink(url)) === 'impossible') await copy(url)
  }

  /** @param {string} link */
  async function copy(link) {
    try {
      await navigator.clipboard.writeText(link)
      layout.say(jobWords.notices.linkCopied)
    } catch {
      layout.say(jobWords.notices.link(link))
    }
  }

  /**
   * Where a job is to be deleted: here, or everywhere for whoever made it. Null: nowhere.
   * @param {Job} job
   */
  function askWhereToDelete(job) {
    const { deleteDialog } = jobWords
    const here = { value: 'here', label: deleteDialog.here, meaning: deleteDialog.hereMeaning }
    const everywhere = {
      value: 'everywhere',
      label: deleteDialog.everywhere,
      meaning: deleteDialog.everywhereMeaning,
      isGrave: true,
    }
    const canErase = job.jobId !== null && job.ownerToken !== null
    return ask({
      heading: deleteDialog.heading,
      choices: canErase ? [here, everywhere] : [here],
      keep: deleteDialog.keep,
    })
  }

  /** @param {Job} job */
  async function remove(job) {
    const answer = isGone(job) ? 'here' : await askWhereToDelete(job)
    if (!answer) return
    if (answer === 'everywhere' && !(await engine.erase(job))) {
      const { eraseFailed, eraseUnknown } = jobWords.notices
      layout.say(engine.jobs.has(job.key) ? eraseFailed : eraseUnknown)
      return
    }
    const isRemoved = answer === 'everywhere' || (await engine.remove(job.key))
    pictures.release(job.key)
    if (!isRemoved) layout.say(jobWords.notices.removeFailed)
    else layout.say(answer === 'here' ? jobWords.notices.removed : jobWords.notices.erased)
    layout.historyHeading.focus()
  }

  /**
   * Open the link of the video; of one that is gone, say so.
   * @param {Job} job
   */
  async function download(job) {
    await engine.refresh(job.key)
    const current = engine.jobs.get(job.key) ?? job
    const url = current.status?.downloadUrl
    if (stageOf(current) !== 'completed') location.hash = linkTo(current)
    else if (url && current.silentSince === null) location.assign(url)
    else layout.say(jobWords.refusals.network)
  }

  /** @param {Job} job */
  async function saveToDevice(job) {
    const { jobId, status } = job
    if (!status?.videoUrl || !status.downloadUrl) return
    const outcome = await shareVideo(status.videoUrl, `${jobId}.mp4`)
    if (outcome === 'unreachable') await download(job)
    setText(
      jobView.saveToDevice,
      outcome === 'press again' ? jobWords.actions.saveReady : jobWords.actions.saveToDevice,
    )
  }

  return { act, remove, download, saveToDevice }
}
