/** The jobs of this browser, newest first. */

import { createCardVideo } from './card_video.js'
import { el, setAttribute, setChildren, setText } from './dom.js'
import { matching } from './history.js'
import { actionsOf, elapsedSeconds, isUnderWay, stageOf } from './job.js'
import { jobWords } from './job_words.js'
import { deleteLabel } from './phrases.js'
import { clock } from './time.js'
import { words } from './words.js'

/** @typedef {import('./job.js').Job} Job */

const PAGE = 12
/** A list of so many is searched by eye. */
const SHORT_LIST = 6

/**
 * @param {{onDelete: (job: Job) => void, onDownload: (job: Job) => void, onFavor: (job: Job) => void,
 *   onStaleLink: (job: Job) => void, linkTo: (job: Job) => string,
 *   pictureOf: (job: Job) => string | null}} options onFavor: make it a favorite, or no longer one
 */
export function createHistoryView({ onDelete, onDownload, onFavor, onStaleLink, linkTo, pictureOf }) {
  /** @type {Map<string, ReturnType<typeof createItem>>} */
  const items = new Map()
  let visible = PAGE
  /** @type {Map<string, Job>} */
  let jobs = new Map()
  const { history } = jobWords
  const list = el('ul', { class: 'history-list' })
  const empty = el('p', { class: 'hint' }, words.history.empty)
  const search = el('input', {
    type: 'search',
    'aria-label': history.search,
    placeholder: history.search,
    autocomplete: 'off',
    oninput: renderAnew,
  })
  const onlyFavorites = el('input', { type: 'checkbox', onchange: renderAnew })
  const favorites = el('label', { class: 'tick' }, onlyFavorites, history.onlyFavorites)
  const filters = el('div', { class: 'history-filters', role: 'search' }, search, favorites)
  const noMatch = el('p', { class: 'hint', role: 'status' })
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
        if (item) item.querySelector('a')?.focus({ preventScroll: true })
      },
    },
    history.more,
  )

  function renderAnew() {
    visible = PAGE
    render(Date.now())
  }

  /** @param {string} key */
  function createItem(key) {
    const job = () => /** @type {Job} */ (jobs.get(key))
    /** @param {(job: Job) => void} press */
    const button = press =>
      el('button', {
        type: 'button',
        class: 'button is-small is-quiet',
        onclick: () => {
          close()
          press(job())
        },
      })
    const image = el('img', {
      alt: '',
      loading: 'lazy',
      decoding: 'async',
      onload: () => picture.classList.toggle('is-tall', image.naturalHeight >= image.naturalWidth),
    })
    const prompt = el('span', { class: 'card-prompt', dir: 'auto' })
    const state = el('span', { class: 'card-state' })
    const favorite = el('span', {}, `★ ${history.favorite}`)
    const date = el('time')
    const picture = el('span', { class: 'card-picture' }, image)
    const link = el('a', { class: 'card-link' }, picture, prompt)
    const download = button(onDownload)
    const favor = button(onFavor)
    const remove = button(onDelete)
    const summary = el('summary', { class: 'button is-small is-quiet' }, jobWords.actions.more)
    /** @type {HTMLDetailsElement} */
    const actions = el(
      'details',
      {
        class: 'more',
        name: 'card-more',
        onfocusout: ({ relatedTarget }) => {
          if (!actions.contains(relatedTarget)) actions.open = false
        },
        onkeydown: ({ key }) => key === 'Escape' && actions.open && close(),
      },
      summary,
      el('div', { class: 'more-list' }, download, favor, remove),
    )
    function close() {
      actions.open = false
      summary.focus()
    }
    const jobChanged = createCardVideo({ card: link, picture, job, onStaleLink })
    return {
      element: el(
        'li',
        { class: 'card' },
        link,
        el('span', { class: 'card-facts' }, state, favorite, date),
        actions,
      ),
      /**
       * @param {Job} current
       * @param {number} now
       */
      update(current, now) {
        const stage = stageOf(current)
        this.element.dataset.stage = stage
        const url = pictureOf(current)
        image.hidden = !url
        setAttribute(image, 'src', url)
        setText(prompt, current.prompt || history.noPrompt)
        setAttribute(link, 'href', linkTo(current))
        const took = isUnderWay(current) ? ` ${clock(elapsedSeconds(current, now))}` : ''
        setText(state, jobWords.states[stage] + took)
        setText(date, jobWords.time.moment(new Date(current.createdAt)))
        setAttribute(date, 'datetime', new Date(current.createdAt).toISOString())
        favorite.hidden = !current.isFavorite
        const possible = actionsOf(current)
        download.hidden = !possible.includes('save')
        remove.hidden = !possible.includes('delete')
        name(summary, jobWords.actions.more, current)
        name(download, jobWords.actions.save, current)
        name(favor, current.isFavorite ? history.unfavor : history.favor, current)
        name(remove, deleteLabel(current), current)
        jobChanged()
      },
    }
  }

  /**
   * Say what a button does, and to whom cannot see the card, with which video.
   * @param {HTMLElement} element
   * @param {string} label
   * @param {Job} job
   */
  function name(element, label, { prompt }) {
    setText(element, label)
    setAttribute(element, 'aria-label', `${label}: ${prompt}`)
  }

  /** @param {number} now */
  function render(now) {
    const all = [...jobs.values()]
    favorites.hidden = !onlyFavorites.checked && !all.some(({ isFavorite }) => isFavorite)
    search.hidden = !search.value && all.length <= SHORT_LIST
    filters.hidden = favorites.hidden && search.hidden
    const found = matching(all, { text: search.value, onlyFavorites: onlyFavorites.checked })
    const shown = found.slice(0, visible)
    const keys = new Set(shown.map(({ key }) => key))
    for (const key of items.keys()) if (!keys.has(key)) items.delete(key)
    const cards = shown.map(job => {
      const item = items.get(job.key) ?? createItem(job.key)
      items.set(job.key, item)
      item.update(job, now)
      return item.element
    })
    setChildren(list, cards)
    empty.hidden = all.length > 0
    setText(noMatch, all.length && !found.length ? history.noMatch : '')
    list.hidden = !found.length
    more.hidden = found.length <= visible
  }

  return {
    elements: [empty, filters, noMatch, list, more],
    /**
     * @param {Iterable<Job>} all
     * @param {number} now
     */
    update(all, now) {
      jobs = new Map([...all].map(job => [job.key, job]))
      render(now)
    },
  }
}
