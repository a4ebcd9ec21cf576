/**
 * From a picture file to the JPEGs that the page shows and sends. Runs in the worker and, where the browser cannot
 * do it there, in the page.
 *
 * Drawing anew leaves all metadata behind, the place where the photo was taken included.
 */

import { fit } from './crop.js'
import { decodeWhole } from './photo_whole.js'

/** The JPEG quality of what the page keeps of a photo, crops and shows. */
const KEPT_QUALITY = 0.92
/** What is sent, best first: the first that keeps within the budget is taken, else the last. */
const SENT = /** @type {const} */ ([
  [1920, 0.88],
  [1920, 0.76],
  [1600, 0.74],
  [1280, 0.7],
  [960, 0.6],
])
const THUMBNAIL = /** @type {const} */ ([480, 0.8])

/**
 * @typedef {import('./crop.js').Rect} Rect
 * @typedef {import('./photo_whole.js').NewCanvas} NewCanvas
 * @typedef {import('./photo_whole.js').Picture} Picture
 * @typedef {import('./photos.js').PreparedPhoto} PreparedPhoto
 */

/**
 * The longest edge, in pixels, of what the page keeps of a photo: whatever the crop, no pixel is missing that would be
 * sent, as far as a canvas on a phone can be that large: 12 megapixels, and 16384 along one edge.
 * @param {number} width
 * @param {number} height
 */
export function longestKept(width, height) {
  const shape = Math.max(width, height) / Math.min(width, height)
  return Math.max(2560, Math.min(SENT[0][0] * shape, Math.sqrt(12e6 * shape), 16_384))
}

/**
 * @param {Blob} file
 * @param {(file: Blob) => Promise<Picture>} decode
 * @param {NewCanvas} newCanvas
 * @returns {Promise<PreparedPhoto | 'cut'>} cut: part of the picture is missing
 */
export async function preparePicture(file, decode, newCanvas) {
  const picture = await decodeWhole(file, decode, newCanvas)
  if (picture === 'cut') return picture
  const { width, height } = picture
  const kept = draw(picture, { x: 0, y: 0, width, height }, longestKept(width, height), newCanvas)
  const [blob, thumbnail] = [await jpeg(kept, KEPT_QUALITY), await thumbnailOf(kept, newCanvas)]
  if ('close' in picture) picture.close()
  return { blob, thumbnail, width: kept.width, height: kept.height }
}

/**
 * What is sent of a prepared photo.
 * @param {Blob} photo
 * @param {Rect | null} part null: all of it
 * @param {number} budget bytes
 * @param {(file: Blob) => Promise<Picture>} decode
 * @param {NewCanvas} newCanvas
 * @returns {Promise<{blob: Blob, thumbnail: Blob}>}
 */
export async function encodePart(photo, part, budget, decode, newCanvas) {
  const picture = await decode(photo)
  const { width, height } = picture
  let blob = photo
  for (const [longest, quality] of SENT) {
    const canvas = draw(picture, part ?? { x: 0, y: 0, width, height }, longest, newCanvas)
    blob = await jpeg(canvas, quality)
    if (blob.size > budget) continue
    return { blob, thumbnail: await thumbnailOf(canvas, newCanvas) }
  }
  return { blob, thumbnail: blob }
}

/**
 * @param {HTMLCanvasElement | OffscreenCanvas} canvas
 * @param {NewCanvas} newCanvas
 */
function thumbnailOf(canvas, newCanvas) {
  const { width, height } = canvas
  return jpeg(draw(canvas, { x: 0, y: 0, width, height }, THUMBNAIL[0], newCanvas), THUMBNAIL[1])
}

/**
 * @param {CanvasImageSource} picture
 * @param {Rect} part of the picture
 * @param {number} longest edge of the result
 * @param {NewCanvas} newCanvas
 */
export function draw(picture, part, longest, newCanvas) {
  const { width, height } = fit(part.width, part.height, longest)
  const canvas = newCanvas(width, height)
  const context = /** @type {CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D | null} */ (
    canvas.getContext('2d')
  )
  if (!context) throw new Error('no canvas')
  // JPEG knows no transparency: without this, clear pixels would turn black.
  context.fillStyle = '#fff'
  context.fillRect(0, 0, width, height)
  context.imageSmoothingQuality = 'high'
  context.drawImage(picture, part.x, part.y, part.width, part.height, 0, 0, width, height)
  return canvas
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
