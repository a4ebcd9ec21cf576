/** Lies over the start frame: drag it, or press the arrow keys, and the crop moves along the side that is cut. */

import { el, setAttribute } from './dom.js'
import { words } from './words.js'

/** How far a key moves the crop, in shares of all that it can move. @type {Record<string, number>} */
const STEPS = {
  ArrowLeft: -0.05,
  ArrowUp: -0.05,
  ArrowRight: 0.05,
  ArrowDown: 0.05,
  PageUp: -0.2,
  PageDown: 0.2,
}

/**
 * @typedef {object} Crop
 * @property {import('./crop.js').Size} photo
 * @property {import('./crop.js').Rect} part
 * @property {number} position
 * @property {'x' | 'y'} axis
 * @property {string} meaning the crop in words
 */

/** @param {{move: (position: number) => void}} options */
export function createCropHandle({ move }) {
  /** @type {Crop | null} */
  let crop = null
  /** Where a drag began, and of which finger. @type {{finger: number, at: number, position: number} | null} */
  let grip = null

  const element = el('div', {
    class: 'crop-handle',
    role: 'slider',
    tabindex: 0,
    'aria-label': words.photos.crop,
    'aria-valuemin': 0,
    'aria-valuemax': 100,
    onkeydown: pressed,
    onpointerdown: grab,
    onpointermove: drag,
    onlostpointercapture: letGo,
  })

  /** @param {KeyboardEvent} event */
  function pressed(event) {
    const { key } = event
    const step = STEPS[key]
    if (!crop || (step === undefined && key !== 'Home' && key !== 'End')) return
    event.preventDefault()
    move(step === undefined ? Number(key === 'End') : crop.position + step)
  }

  /** @param {PointerEvent} event */
  function grab(event) {
    if (!crop || grip || event.button !== 0) return
    element.setPointerCapture(event.pointerId)
    grip = { finger: event.pointerId, at: along(event), position: crop.position }
  }

  /** @param {PointerEvent} event */
  function drag(event) {
    if (!crop || grip?.finger !== event.pointerId) return
    const { photo, part, axis } = crop
    const room = axis === 'x' ? photo.width / part.width - 1 : photo.height / part.height - 1
    const size = axis === 'x' ? element.clientWidth : element.clientHeight
    // The photo goes with the finger, so the crop goes the other way.
    move(grip.position - (along(event) - grip.at) / (room * size))
  }

  /** Lifted, or taken by the browser. @param {PointerEvent} event */
  function letGo(event) {
    if (grip?.finger === event.pointerId) grip = null
  }

  /** @param {PointerEvent} event */
  function along(event) {
    return crop?.axis === 'x' ? event.clientX : event.clientY
  }

  return {
    element,

    /** @param {Crop | null} current null: there is nothing to move */
    render(current) {
      crop = current
      element.hidden = !crop
      if (!crop) return
      element.dataset.axis = crop.axis
      setAttribute(element, 'aria-orientation', crop.axis === 'x' ? 'horizontal' : 'vertical')
      setAttribute(element, 'aria-valuenow', Math.round(100 * crop.position))
      setAttribute(element, 'aria-valuetext', crop.meaning)
    },
  }
}
