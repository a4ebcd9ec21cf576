/** One job, large: the frame with the photo or the video, where it stands, and what can be done. */

import { el, setAttribute, setText } from './dom.js'
import { actionsOf, elapsedSeconds, isUnderWay, STAGES, stageOf } from './job.js'
import { createPhotoFrame } from './photo_frame.js'
import { details, headline, times } from './phrases.js'
import { progress } from './time.js'
import { words } from './words.js'

/**
 * @typedef {import('./job.js').Job} Job
 * @typedef {import('./job.js').Action} Action
 */

/** @type {Action[]} in the order of the buttons */
const ORDER = ['undo', 'save', 'rescue', 'retry', 'cancel', 'share', 'edit', 'delete']
/** @type {Action[]} those that people most want to do */
const PRIMARY = ['undo', 'save', 'rescue', 'retry']

/**
 * @param {{onAction: (action: Action, job: Job) => void, onNotify: () => void, onBroken: (job: Job) => void,
 *   onAskNow: (job: Job) => void, onSaveToDevice: (job: Job) => void}} options
 */
export function createJobView({ onAction, onNotify, onBroken, onAskNow, onSaveToDevice }) {
  /** @type {Job | null} */
  let shown = null
  const frame = createPhotoFrame()
  const heading = el('h1', { tabindex: -1 })
  const detail = el('div', { class: 'details' })
  const stages = STAGES.map(stage => {
    const mark = el('span', { class: 'visually-hidden' })
    return { stage, mark, item: el('li', {}, el('span', {}, words.states[stage]), mark) }
  })
  const stageList = el(
    'ol',
    { class: 'stages', 'aria-label': words.stages.heading },
    ...stages.map(({ item }) => item),
  )
  const elapsed = el('span', { class: 'clock', role: 'timer', 'aria-label': words.time.elapsed })
  const left = el('span', { class: 'left' })
  const clockLine = el('p', { class: 'clock-line' }, elapsed, left)

  const save = el('a', { class: 'button', download: '' }, words.actions.save)
  const buttons = new Map(
    ORDER.map(action => [
      action,
      action === 'save'
        ? save
        : el(
            'button',
            { type: 'button', class: 'button', onclick: () => shown && onAction(action, shown) },
            words.actions[action],
          ),
    ]),
  )
  for (const action of PRIMARY) buttons.get(action)?.classList.add('is-primary')
  for (const action of /** @type {const} */ (['delete', 'edit', 'share']))
    buttons.get(action)?.classList.add('is-quiet')
  const saveToDevice = el(
    'button',
    {
      type: 'button',
      class: 'button is-primary',
      hidden: true,
      onclick: () => shown && onSaveToDevice(shown),
    },
    words.actions.saveToDevice,
  )
  const notify = el(
    'button',
    { type: 'button', class: 'button is-quiet', onclick: onNotify },
    words.actions.notify,
  )
  const askNow = el(
    'button',
    { type: 'button', class: 'button is-quiet', onclick: () => shown && onAskNow(shown) },
    words.actions.checkNow,
  )
  const actions = el('div', { class: 'actions' }, saveToDevice, ...buttons.values(), askNow, notify)

  const prompt = el('dd', { class: 'prompt-text' })
  const photos = el('dd')
  const created = el('dd')
  const link = el('a')
  const linkRow = el('div', {}, el('dt', {}, words.job.link), el('dd', {}, link))
  const facts = el(
    'dl',
    { class: 'facts' },
    el('div', {}, el('dt', {}, words.job.prompt), prompt),
    el('div', {}, el('dt', {}, words.job.photos), photos),
    el('div', {}, el('dt', {}, words.job.created), created),
    linkRow,
  )
  const element = el(
    'article',
    { class: 'desk job', hidden: true },
    heading,
    el('div', { class: 'desk-picture' }, frame.element),
    el('div', { class: 'desk-panel' }, detail, stageList, clockLine, actions, facts),
  )

  return {
    element,
    heading,
    saveToDevice,

    /**
     * @param {Job} job
     * @param {{now: number, isOffline: boolean, photoUrl: string | null, canNotify: boolean, canSaveToDevice: boolean,
     *   isUnplayable: boolean, permalink: string}} situation
     */
    update(job, { now, isOffline, photoUrl, canNotify, canSaveToDevice, isUnplayable, permalink }) {
      const stage = stageOf(job)
      const isNew = shown?.key !== job.key
      const hadFocus = actions.contains(document.activeElement)
      shown = job
      element.dataset.stage = stage

      if (isNew) {
        frame.setVideo(null, '', () => {})
        frame.setRatio(job.ratio)
      }
      frame.setPhoto(photoUrl, words.job.photoAlt)
      const videoUrl = stage === 'completed' && !isUnplayable ? (job.status?.videoUrl ?? null) : null
      frame.setVideo(videoUrl, words.job.video, () => onBroken(job))
      const at = times(job, now)
      frame.setProgress(
        isUnderWay(job)
          ? progress({
              stage,
              upload: job.upload,
              elapsed: elapsedSeconds(job, now),
              estimate: job.status?.estimatedSeconds ?? null,
            })
          : null,
      )
      frame.setStamp(words.states[stage], isUnderWay(job) || stage === 'completed' ? at.elapsed : '')

      setText(heading, headline(job, { isOffline }))
      renderDetails(details(job, { now, isOffline, isUnplayable }))
      renderStages(stage)
      clockLine.hidden = !isUnderWay(job) || stage === 'held'
      setText(elapsed, at.elapsed)
      setText(left, at.left)

      const possible = job.cancelWanted ? [] : actionsOf(job)
      for (const [action, button] of buttons) button.hidden = !possible.includes(action)
      save.hidden ||= !job.status?.downloadUrl
      setAttribute(save, 'href', job.status?.downloadUrl)
      saveToDevice.hidden = !(canSaveToDevice && stage === 'completed')
      save.classList.toggle('is-primary', saveToDevice.hidden)
      askNow.hidden = job.silentSince === null || !isUnderWay(job)
      notify.hidden = !(canNotify && isUnderWay(job) && stage !== 'held')
      if (hadFocus && !isVisible(document.activeElement)) heading.focus()

      setText(prompt, job.prompt)
      setText(photos, String(job.photosCount))
      setText(created, words.time.moment(new Date(job.status?.createdAt ?? job.createdAt)))
      facts.hidden = !job.prompt
      linkRow.hidden = !job.jobId || stage === 'missing'
      setAttribute(link, 'href', permalink)
      setText(link, permalink)
    },
  }

  /** @param {string[]} sentences */
  function renderDetails(sentences) {
    const wanted = sentences.filter(Boolean)
    if (wanted.length !== detail.childElementCount) detail.replaceChildren(...wanted.map(() => el('p')))
    wanted.forEach((sentence, index) => {
      const line = detail.children[index]
      if (line) setText(line, sentence)
    })
  }

  /** @param {import('./job.js').Stage} stage */
  function renderStages(stage) {
    const current = STAGES.indexOf(stage)
    stageList.hidden = current < 0
    stages.forEach(({ item, mark }, index) => {
      setAttribute(item, 'aria-current', index === current ? 'step' : null)
      item.classList.toggle('is-done', index < current)
      setText(mark, index < current ? ` (${words.stages.done})` : '')
    })
  }
}

/** @typedef {ReturnType<typeof createJobView>} JobView */

/** @param {Element | null} element */
function isVisible(element) {
  return element instanceof HTMLElement && element !== document.body && !element.hidden
}
