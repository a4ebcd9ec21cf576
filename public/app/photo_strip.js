/** The photos as tiles in a row: dragged, or moved by the arrow keys, into another order. */

import { el, setAttribute, setChildren, setText } from './dom.js'
import { words } from './words.js'

/** How far a tile must be dragged before it counts as that, in px. */
const THRESHOLD = 6
const SVG = 'http://www.w3.org/2000/svg'

/** @typedef {import('./composer.js').Entry} Entry */

/**
 * @param {{
 *   limit: number,
 *   urlOf: (blob: Blob) => string,
 *   move: (id: number, to: number) => void,
 *   remove: (id: number) => void,
 * }} options limit: how many photos there may be
 */
export function createPhotoStrip({ limit, urlOf, move, remove }) {
  /** @type {Map<number, ReturnType<typeof createTile>>} */
  const tiles = new Map()
  /** @type {Entry[]} */
  let shown = []
  /** @type {{id: number, x: number, hasMoved: boolean} | null} */
  let grip = null
  const list = el('ul', { class: 'strip', 'aria-label': words.photos.heading })
  // As narrow as that, the row is one on a small phone too, and what is below stays where it is.
  const adding = [
    addingTile('photos', words.photos.addMore, 'M12 5v14M5 12h14'),
    addingTile(
      'camera',
      words.photos.takePhoto,
      'M4 8h4l1.5-2.5h5L16 8h4v11H4zM12 10a3.2 3.2 0 1 0 0 6.4a3.2 3.2 0 1 0 0-6.4',
    ),
  ]
  const voice = el('p', { class: 'visually-hidden', role: 'status' })

  /** @param {number} id */
  const placeOf = id => shown.findIndex(entry => entry.id === id)

  /**
   * @param {number} id
   * @param {number} to
   */
  function moveTo(id, to) {
    if (to < 0 || to >= shown.length || to === placeOf(id)) return
    move(id, to)
    const entry = shown[to]
    if (entry) setText(voice, words.photos.moved(entry.name, to + 1, shown.length))
  }

  /** @param {number} id */
  function createTile(id) {
    const image = el('img', { alt: '', hidden: true, draggable: 'false' })
    const waiting = el('span', { class: 'preparing', role: 'status' }, words.photos.preparing)
    const mark = el('span', { class: 'start-mark', 'aria-hidden': 'true' }, words.photos.startFrame)
    const button = el(
      'button',
      {
        type: 'button',
        class: 'tile',
        title: words.photos.reorder,
        onclick() {
          moveTo(id, 0)
          button.focus()
        },
        onkeydown(/** @type {KeyboardEvent} */ event) {
          const isBack = document.documentElement.dir === 'rtl' ? 'ArrowRight' : 'ArrowLeft'
          if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return
          event.preventDefault()
          moveTo(id, placeOf(id) + (event.key === isBack ? -1 : 1))
          button.focus()
        },
        onpointerdown(/** @type {PointerEvent} */ event) {
          if (event.button === 0) grip = { id, x: event.clientX, hasMoved: false }
        },
        onpointermove: dragged,
        onpointerup: letGo,
        onpointercancel: letGo,
      },
      image,
      waiting,
      mark,
    )
    const away = el(
      'button',
      { type: 'button', class: 'tile-remove', onclick: () => remove(id) },
      el('span', { 'aria-hidden': 'true' }, '×'),
    )

    /** @param {PointerEvent} event */
    function dragged(event) {
      if (grip?.id !== id) return
      grip.hasMoved ||= Math.abs(event.clientX - grip.x) > THRESHOLD
      if (!grip.hasMoved) return
      element.classList.add('is-dragged')
      button.setPointerCapture(event.pointerId)
      const over = shown.findIndex(one => {
        const box = tiles.get(one.id)?.element.getBoundingClientRect()
        return box && event.clientX >= box.left && event.clientX <= box.right
      })
      if (over >= 0) moveTo(id, over)
    }

    /** @param {PointerEvent} event */
    function letGo(event) {
      // The click that ends a drag is none; a finger's drag ends without one, and its next tap counts.
      if (grip?.hasMoved && event.type === 'pointerup' && event.pointerType !== 'touch')
        button.addEventListener('click', click => click.stopImmediatePropagation(), {
          capture: true,
          once: true,
        })
      grip = null
      element.classList.remove('is-dragged')
    }

    const element = el('li', {}, button, away)
    return {
      element,
      /**
       * @param {Entry} entry
       * @param {number} place from 0
       */
      update({ name, photo }, place) {
        image.hidden = !photo
        waiting.hidden = photo !== null
        if (photo) setAttribute(image, 'src', urlOf(photo.thumbnail))
        image.alt = words.photos.alt(name)
        mark.hidden = place > 0
        const use = place ? words.photos.useAsStartFrame : words.photos.startFrame
        // What is seen in the tile is said too, in the same order.
        setAttribute(button, 'aria-label', `${photo ? '' : `${words.photos.preparing} `}${use}: ${name}`)
        setAttribute(away, 'aria-label', `${words.photos.remove}: ${name}`)
      },
    }
  }

  return {
    elements: [list, ...adding, voice],

    /** @param {Entry[]} entries */
    render(entries) {
      shown = entries
      list.hidden = !entries.length
      for (const one of adding) one.hidden = !entries.length || entries.length >= limit
      for (const id of tiles.keys()) if (!entries.some(entry => entry.id === id)) tiles.delete(id)
      const items = entries.map((entry, place) => {
        const tile = tiles.get(entry.id) ?? createTile(entry.id)
        tiles.set(entry.id, tile)
        tile.update(entry, place)
        return tile.element
      })
      setChildren(list, items)
      // The fields that took them are about to be hidden.
      if (entries.length >= limit && document.activeElement?.matches('#photos, #camera'))
        list.lastElementChild?.querySelector('button')?.focus()
    },
  }
}

/**
 * @param {'photos' | 'camera'} field the file input that it opens
 * @param {string} text
 * @param {string} outline as in the `d` of an SVG path, 24 by 24
 */
function addingTile(field, text, outline) {
  const icon = document.createElementNS(SVG, 'svg')
  icon.setAttribute('viewBox', '0 0 24 24')
  icon.setAttribute('aria-hidden', 'true')
  const path = document.createElementNS(SVG, 'path')
  path.setAttribute('d', outline)
  icon.append(path)
  return el('label', { for: field, class: 'adding', title: text }, icon)
}
