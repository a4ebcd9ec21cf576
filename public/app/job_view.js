/** One job, large: the frame with the photo or the video, where it stands, and what can be done. */

import { el, setAttribute, setChildren, setText } from './dom.js'
import { createFrameVideo } from './frame_video.js'
import { elapsedSeconds, isGone, isLinked, isUnderWay, STAGES, stageOf } from './job.js'
import { buttonsOf, needsChange } from './job_buttons.js'
import { jobWords } from './job_words.js'
import { createPhotoFrame } from './photo_frame.js'
import { deleteLabel, details, headline, times } from './phrases.js'
import { progress } from './time.js'

/**
 * @typedef {import('./job.js').Job} Job
 * @typedef {import('./job.js').Action} Action
 */

/** A text up to this many characters is shown whole at once. */
const SHORT_TEXT = 160

/**
 * @param {{onAction: (action: Action, job: Job) => void, onNotify: () => void, onBroken: (job: Job) => void,
 *   onShown: (job: Job) => void, onAskNow: (job: Job) => void, onSaveToDevice: (job: Job) => void}} options
 *   onShown: the job's video can be seen
 */
export function createJobView({ onAction, onNotify, onBroken, onShown, onAskNow, onSaveToDevice }) {
  /** @type {Job | null} */
  let shown = null
  const frame = createPhotoFrame()
  const video = createFrameVideo({
    frame: frame.element,
    setRatio: frame.setRatio,
    onShown: () => shown && onShown(shown),
  })
  const heading = el('h1', { tabindex: -1 })
  const detail = el('div', { class: 'details' })
  const stages = STAGES.map(stage => {
    const mark = el('span', { class: 'visually-hidden' })
    const fill = el('span', { class: 'stage-fill' })
    return {
      stage,
      mark,
      item: el(
        'li',
        {},
        el('span', { class: 'stage-bar' }, fill),
        el('span', { class: 'stage-name' }, jobWords.states[stage]),
        mark,
      ),
    }
  })
  const stageList = el(
    'ol',
    { class: 'stages', 'aria-label': jobWords.stages.heading },
    ...stages.map(({ item }) => item),
  )
  const elapsed = el('span', { class: 'clock', role: 'timer', 'aria-label': jobWords.time.elapsed })
  const left = el('span', { class: 'left' })
  const clockLine = el('p', { class: 'clock-line' }, elapsed, left)

  const actions = createActions({ onAction: action => shown && onAction(action, shown) })
  const saveToDevice = button('button is-primary', jobWords.actions.saveToDevice, onSaveToDevice)
  const notify = button('button is-quiet', jobWords.actions.notify, onNotify)
  const askNow = button('button is-quiet', jobWords.actions.checkNow, onAskNow)
  actions.main.before(saveToDevice)
  actions.more.before(askNow, notify)

  const prompt = el('p', { class: 'prompt-text', dir: 'auto' })
  const wholePrompt = el('button', {
    type: 'button',
    class: 'button is-quiet is-small',
    onclick: () => setClamped(!prompt.classList.contains('is-clamped')),
  })
  const photos = el('dd')
  const created = el('dd')
  const link = el('a')
  const linkRow = el('div', {}, el('dt', {}, jobWords.job.link), el('dd', {}, link))
  const facts = el(
    'details',
    { class: 'facts' },
    el('summary', {}, jobWords.job.facts),
    el(
      'dl',
      {},
      el('div', {}, el('dt', {}, jobWords.job.photos), photos),
      el('div', {}, el('dt', {}, jobWords.job.created), created),
      linkRow,
    ),
  )
  const panel = el(
    'div',
    { class: 'job-panel' },
    el('div', { class: 'job-state' }, heading, stageList, clockLine, detail),
    el('div', { class: 'job-doing' }, actions.element),
    el('div', { class: 'job-about' }, prompt, wholePrompt, facts),
  )
  const picture = el('div', { class: 'stage' }, frame.element)
  const element = el('article', { class: 'job', hidden: true }, picture, panel)

  /**
   * @param {string} style
   * @param {string} label
   * @param {(job: Job) => void} press
   */
  function button(style, label, press) {
    return el(
      'button',
      { type: 'button', class: style, hidden: true, onclick: () => shown && press(shown) },
      label,
    )
  }

  return {
    element,
    heading,
    saveToDevice,

    /**
     * Say why the shown job's video cannot be gone on from.
     * @param {string} reason
     */
    refuseContinue: reason => actions.refuse('continue', reason),

    /**
     * @param {Job} job
     * @param {{now: number, isOffline: boolean, photoUrl: string | null, canNotify: boolean, canSaveToDevice: boolean,
     *   isUnplayable: boolean, permalink: string, price: number | null}} situation
     */
    update(job, situation) {
      const { now, isOffline, photoUrl, canNotify, canSaveToDevice, isUnplayable, permalink, price } =
        situation
      const stage = stageOf(job)
      const isNew = shown?.key !== job.key
      const hasEnded = !isNew && shown !== null && isUnderWay(shown) && !isUnderWay(job)
      const hadFocus = actions.element.contains(document.activeElement)
      shown = job
      element.dataset.stage = stage

      if (isNew) {
        video.reset(job.ratio)
        actions.refuse('continue', '')
        facts.open = false
        setClamped(true)
      }
      frame.setPhoto(photoUrl, jobWords.job.photoAlt)
      // An empty frame would promise a video that is not to come.
      picture.hidden = !photoUrl && !isUnderWay(job) && (stage !== 'completed' || isUnplayable)
      const videoUrl = stage === 'completed' && !isUnplayable ? (job.status?.videoUrl ?? null) : null
      video.show(videoUrl, isLinked(job) ? jobWords.visitor.video : jobWords.job.video, () => onBroken(job))
      const at = times(job, now)
      const share = isUnderWay(job)
        ? progress({
            stage,
            upload: job.upload,
            elapsed: elapsedSeconds(job, now),
            estimate: job.status?.estimatedSeconds ?? null,
          })
        : Number(stage === 'completed')
      frame.setProgress(share)

      setText(heading, headline(job, { isOffline }))
      renderDetails(details(job, { now, isOffline, isUnplayable }))
      renderStages(stage, share)
      clockLine.hidden = !isUnderWay(job) || stage === 'held'
      setText(elapsed, at.elapsed)
      setText(left, at.left)

      actions.render(job, { now, price, canSaveToDevice })
      saveToDevice.hidden = !(canSaveToDevice && stage === 'completed')
      askNow.hidden = job.silentSince === null || !isUnderWay(job)
      notify.hidden = !(canNotify && isUnderWay(job) && stage !== 'held')
      if (hasEnded) {
        panel.classList.add('is-new')
        appearAnew(panel)
      }
      if (hadFocus && !isVisible(document.activeElement)) heading.focus()

      setText(prompt, job.prompt)
      prompt.hidden = !job.prompt
      wholePrompt.hidden = job.prompt.length <= SHORT_TEXT
      setText(photos, String(job.photosCount))
      setText(created, jobWords.time.moment(new Date(job.status?.createdAt ?? job.createdAt)))
      facts.hidden = isGone(job)
      linkRow.hidden = !job.jobId || !(isUnderWay(job) || stage === 'completed')
      setAttribute(link, 'href', permalink)
      setText(link, permalink)
    },
  }

  /** @param {boolean} isClamped */
  function setClamped(isClamped) {
    prompt.classList.toggle('is-clamped', isClamped)
    setText(wholePrompt, isClamped ? jobWords.job.wholePrompt : jobWords.job.lessPrompt)
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

  /**
   * @param {import('./job.js').Stage} stage
   * @param {number} share of the whole way
   */
  function renderStages(stage, share) {
    const current = STAGES.indexOf(stage)
    stageList.hidden = current < 0
    stageList.style.setProperty('--progress', share.toFixed(3))
    stages.forEach(({ item, mark }, index) => {
      setAttribute(item, 'aria-current', index === current ? 'step' : null)
      item.classList.toggle('is-done', index < current)
      setText(mark, index < current ? ` (${jobWords.stages.done})` : '')
    })
  }
}

/** @typedef {ReturnType<typeof createJobView>} JobView */

/** @param {{onAction: (action: Action) => void}} options */
function createActions({ onAction }) {
  /** @type {Map<Action, HTMLElement>} */
  const elements = new Map()
  const main = el('div', { class: 'actions-main' })
  const moreList = el('div', { class: 'more-list' })
  const more = el(
    'details',
    { class: 'more' },
    el('summary', { class: 'button' }, jobWords.actions.more),
    moreList,
  )
  const why = el('p', { class: 'hint', id: 'why-not' })
  const element = el('div', { class: 'actions' }, main, more, why)
  /** @type {Action | null} */
  let refused = null

  /**
   * The site is asked first, since the link may be too old. With a modifier key the browser handles the link itself.
   * @param {MouseEvent} click
   */
  function save(click) {
    if (click.altKey || click.ctrlKey || click.metaKey || click.shiftKey) return
    click.preventDefault()
    onAction('save')
  }

  /** @param {Action} action */
  function elementOf(action) {
    const found =
      elements.get(action) ??
      (action === 'save'
        ? el('a', { class: 'button', download: '', onclick: save })
        : el('button', { type: 'button', class: 'button', onclick: () => onAction(action) }))
    elements.set(action, found)
    return found
  }

  return {
    element,
    main,
    more,

    /**
     * Do not offer an action, and say why.
     * @param {Action} action
     * @param {string} reason '': offer it again
     */
    refuse(action, reason) {
      refused = reason ? action : null
      setText(why, reason)
    },

    /**
     * @param {Job} job
     * @param {{now: number, price: number | null, canSaveToDevice: boolean}} situation
     */
    render(job, { now, price, canSaveToDevice }) {
      const buttons = buttonsOf(job, now)
      for (const { action, isLead, isWaiting } of [...buttons.main, ...buttons.more]) {
        const one = elementOf(action)
        setText(one, labelOf(action, job, price))
        one.classList.toggle('is-primary', isLead && !(action === 'save' && canSaveToDevice))
        setAttribute(one, 'disabled', isWaiting || action === refused)
        setAttribute(one, 'aria-describedby', action === refused ? why.id : null)
        if (action === 'save') {
          setAttribute(one, 'href', job.status?.downloadUrl)
          one.hidden = !job.status?.downloadUrl
        }
      }
      setChildren(
        main,
        buttons.main.map(({ action }) => elementOf(action)),
      )
      setChildren(
        moreList,
        buttons.more.map(({ action }) => elementOf(action)),
      )
      if (more.hidden !== !buttons.more.length) more.open = false
      more.hidden = !buttons.more.length
    },
  }
}

/**
 * @param {Action} action
 * @param {Job} job
 * @param {number | null} price in USD
 */
function labelOf(action, job, price) {
  if (action === 'delete') return deleteLabel(job)
  if (action === 'edit' && job.phase !== 'refused' && needsChange(job)) return jobWords.actions.change
  const isPaid = price !== null && (action === 'another' || action === 'retry')
  return isPaid ? jobWords.actions.withPrice(jobWords.actions[action], price) : jobWords.actions[action]
}

/**
 * Let elements come in as new ones all at once, instead of being pushed about from where they stood.
 * @param {HTMLElement[]} elements
 */
export function appearAnew(...elements) {
  for (const one of elements) one.hidden = true
  document.body.getBoundingClientRect()
  for (const one of elements) one.hidden = false
}

/** @param {Element | null} element */
function isVisible(element) {
  return element !== null && element !== document.body && element.getClientRects().length > 0
}
