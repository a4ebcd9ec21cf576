/** Pictures on a canvas, in the page and in its worker alike. */

import { fit } from './crop.js'

/** What is drawn to find out whether it comes back, as a colour and as levels of red, green, blue and opacity. */
const KNOWN = { colour: '#c83c78', levels: [0xc8, 0x3c, 0x78, 0xff] }
/** How many levels it may be off: a JPEG shifts it by two, and some browsers change a little of all that is read. */
const TOLERANCE = 32
const SIDE = 16

/** Ways to decode that were tried, and did it. @type {WeakSet<Function>} */
const proved = new WeakSet()

/**
 * @param {number} width
 * @param {number} height
 * @param {CanvasRenderingContext2DSettings} [settings]
 */
export function newContext(width, height, settings) {
  const canvas =
    typeof document === 'undefined'
      ? new OffscreenCanvas(width, height)
      : Object.assign(document.createElement('canvas'), { width, height })
  const context = /** @type {CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D | null} */ (
    canvas.getContext('2d', settings)
  )
  if (!context) throw new Error('no canvas')
  return context
}

/**
 * @param {CanvasImageSource} picture
 * @param {import('./crop.js').Rect} part of the picture
 * @param {number} longest edge of the result
 */
export function draw(picture, part, longest) {
  const { width, height } = fit(part.width, part.height, longest)
  const context = newContext(width, height)
  // JPEG knows no transparency: without this, clear pixels would turn black.
  context.fillStyle = '#fff'
  context.fillRect(0, 0, width, height)
  context.imageSmoothingQuality = 'high'
  context.drawImage(picture, part.x, part.y, part.width, part.height, 0, 0, width, height)
  return context.canvas
}

/**
 * @param {HTMLCanvasElement | OffscreenCanvas} canvas
 * @param {number} quality
 * @returns {Promise<Blob>}
 */
export function jpeg(canvas, quality) {
  if ('convertToBlob' in canvas) return canvas.convertToBlob({ type: 'image/jpeg', quality })
  return new Promise((resolve, reject) => {
    canvas.toBlob(blob => (blob ? resolve(blob) : reject(new Error('no JPEG'))), 'image/jpeg', quality)
  })
}

/**
 * Whether a picture comes back from the canvas as it was drawn. Against being recognised, some browsers give pages noise
 * or one colour in its place, without a word; in others part of the way fails.
 * @param {(file: Blob) => Promise<CanvasImageSource>} decode
 */
export async function isFaithful(decode) {
  if (proved.has(decode)) return true
  const isTrue = await proves(decode).catch(() => false)
  if (isTrue) proved.add(decode)
  return isTrue
}

/** @param {(file: Blob) => Promise<CanvasImageSource>} decode */
async function proves(decode) {
  const drawn = newContext(SIDE, SIDE)
  drawn.fillStyle = KNOWN.colour
  drawn.fillRect(0, 0, SIDE, SIDE)
  const seen = newContext(SIDE, SIDE)
  seen.drawImage(await decode(await jpeg(drawn.canvas, 0.9)), 0, 0)
  const { data } = seen.getImageData(0, 0, SIDE, SIDE)
  return data.every((level, index) => Math.abs(level - (KNOWN.levels[index % 4] ?? 0)) <= TOLERANCE)
}
