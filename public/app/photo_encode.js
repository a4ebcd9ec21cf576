/**
 * From a picture file to the JPEGs that the page shows and sends. Runs in the worker and, where the browser cannot
 * do it there, in the page.
 *
 * Drawing anew leaves all metadata behind, the place where the photo was taken included.
 */

import { draw, jpeg } from './canvas.js'
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
 * @returns {Promise<PreparedPhoto | 'cut'>} cut: part of the picture is missing
 */
export async function preparePicture(file, decode) {
  const picture = await decodeWhole(file, decode)
  if (picture === 'cut') return picture
  const { width, height } = picture
  const kept = draw(picture, { x: 0, y: 0, width, height }, longestKept(width, height))
  const [blob, thumbnail] = [await jpeg(kept, KEPT_QUALITY), await thumbnailOf(kept)]
  if ('close' in picture) picture.close()
  return { blob, thumbnail, width: kept.width, height: kept.height }
}

/**
 * What is sent of a prepared photo.
 * @param {Blob} photo
 * @param {Rect | null} part null: all of it
 * @param {number} budget bytes
 * @param {(file: Blob) => Promise<Picture>} decode
 * @returns {Promise<{blob: Blob, thumbnail: Blob}>}
 */
export async function encodePart(photo, part, budget, decode) {
  const picture = await decode(photo)
  const { width, height } = picture
  let blob = photo
  for (const [longest, quality] of SENT) {
    const canvas = draw(picture, part ?? { x: 0, y: 0, width, height }, longest)
    blob = await jpeg(canvas, quality)
    if (blob.size > budget) continue
    return { blob, thumbnail: await thumbnailOf(canvas) }
  }
  return { blob, thumbnail: blob }
}

/** @param {HTMLCanvasElement | OffscreenCanvas} canvas */
function thumbnailOf(canvas) {
  const { width, height } = canvas
  return jpeg(draw(canvas, { x: 0, y: 0, width, height }, THUMBNAIL[0]), THUMBNAIL[1])
}
