/** The jobs of this browser, newest first. */

import { el, setAttribute, setText } from './dom.js'
import { actionsOf, elapsedSeconds, isUnderWay, stageOf } from './job.js'
import { jobWords } from './job_words.js'
import { clock } from './time.js'
import { words } from './words.js'

/** @typedef {import('./job.js').Job} Job */

const PAGE = 12

/**
 * @param {{onDelete: (job: Job) => void, onDownload: (job: Job) => void, linkTo: (job: Job) => string,
 *   thumbnailOf: (job: Job) => string | null}} options
 */
export function createHistoryView({ onDelete, onDownload, linkTo, thumbnailOf }) {
  /** @type {Map<string, ReturnType<typeof createItem>>} */
  const items = new Map()
  let visible = PAGE
  /** @type {Job[]} */
  let jobs = []
  const list = el('ul', { class: 'history-list' })
  const empty = el('p', { class: 'hint' }, words.history.empty)
  const more = el(
    'button',
    {
      type: 'button',
      class: 'button is-quiet',
      onclick: () => {
        const next = visible
        visible += PAGE
        render(Date.now())
        const item = list.children[next]
        if (item) item.querySelector('a')?.focus()
      },
    },
    words.history.more,
  )
  /** @param {string} key */
  function createItem(key) {
    const job = () => /** @type {Job} */ (jobs.find(one => one.key === key))
    const image = el('img', { alt: '', loading: 'lazy', decoding: 'async' })
    const prompt = el('span', { class: 'card-prompt', dir: 'auto' })
    const state = el('span', { class: 'card-state' })
    const date = el('time')
    const link = el('a', { class: 'card-link' }, el('span', { class: 'card-picture' }, image), prompt)
    const download = el(
      'button',
      { type: 'button', class: 'button is-small is-quiet', onclick: () => onDownload(job()) },
      jobWords.actions.save,
    )
    const remove = el(
      'button',
      { type: 'button', class: 'button is-small is-quiet', onclick: () => onDelete(job()) },
      jobWords.actions.delete,
    )
    return {
      element: el(
        'li',
        { class: 'card' },
        link,
        el('span', { class: 'card-facts' }, state, date),
        el('span', { class: 'card-actions' }, download, remove),
      ),
      /**
       * @param {Job} current
       * @param {number} now
       */
      update(current, now) {
        const stage = stageOf(current)
        this.element.dataset.stage = stage
        this.element.style.setProperty('--ratio', current.ratio.toFixed(4))
        const url = thumbnailOf(current)
        image.hidden = !url
        setAttribute(image, 'src', url)
        setText(prompt, current.prompt || words.history.noPrompt)
        setAttribute(link, 'href', linkTo(current))
        const took = isUnderWay(current) ? ` ${clock(elapsedSeconds(current, now))}` : ''
        setText(state, jobWords.states[stage] + took)
        setText(date, jobWords.time.moment(new Date(current.createdAt)))
        setAttribute(date, 'datetime', new Date(current.createdAt).toISOString())
        const possible = actionsOf(current)
        download.hidden = !possible.includes('save')
        remove.hidden = !possible.includes('delete')
        setAttribute(download, 'aria-label', `${jobWords.actions.save}: ${current.prompt}`)
        setAttribute(remove, 'aria-label', `${jobWords.actions.delete}: ${current.prompt}`)
      },
    }
  }

  /** @param {number} now */
  function render(now) {
    const shown = jobs.slice(0, visible)
    const keys = new Set(shown.map(({ key }) => key))
    for (const [key, item] of items) {
      if (keys.has(key)) continue
      item.element.remove()
      items.delete(key)
    }
    shown.forEach((job, index) => {
      const item = items.get(job.key) ?? createItem(job.key)
      items.set(job.key, item)
      item.update(job, now)
      if (list.children[index] !== item.element) list.insertBefore(item.element, list.children[index] ?? null)
    })
    empty.hidden = jobs.length > 0
    list.hidden = !jobs.length
    more.hidden = jobs.length <= visible
  }

  return {
    elements: [empty, list, more],
    /**
     * @param {Iterable<Job>} all
     * @param {number} now
     */
    update(all, now) {
      jobs = [...all].sort((one, other) => other.createdAt - one.createdAt)
      render(now)
    },
  }
}
