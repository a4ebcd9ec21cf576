/**
 * A decoded picture becomes the JPEG that is uploaded, and a thumbnail. Runs in the worker and, where the
 * browser cannot do it there, in the page.
 *
 * Drawing anew leaves all metadata behind, the place where the photo was taken included.
 */

import { fit } from './crop.js'

/** Longest edge in pixels and JPEG quality, best first: the first that keeps within the budget is taken. */
const STEPS = /** @type {const} */ ([
  [1920, 0.86],
  [1920, 0.76],
  [1600, 0.74],
  [1280, 0.7],
  [960, 0.6],
])
const THUMBNAIL_PIXELS = 480

/**
 * @typedef {HTMLCanvasElement | OffscreenCanvas} Canvas
 * @typedef {import('./photos.js').PreparedPhoto} PreparedPhoto
 */

/**
 * @param {CanvasImageSource} picture
 * @param {{width: number, height: number}} size of the picture as it stands upright
 * @param {(width: number, height: number) => Canvas} newCanvas
 * @param {number} budget bytes
 * @returns {Promise<PreparedPhoto | null>} null where even the smallest is over the budget
 */
export async function encodePhoto(picture, size, newCanvas, budget) {
  for (const [longest, quality] of STEPS) {
    const { width, height } = fit(size.width, size.height, longest)
    const canvas = draw(picture, width, height, newCanvas)
    const blob = await jpeg(canvas, quality)
    if (blob.size <= budget) {
      const small = fit(width, height, THUMBNAIL_PIXELS)
      const thumbnail = await jpeg(draw(canvas, small.width, small.height, newCanvas), 0.8)
      return { blob, thumbnail, width, height }
    }
  }
  return null
}

/**
 * @param {CanvasImageSource} picture
 * @param {number} width
 * @param {number} height
 * @param {(width: number, height: number) => Canvas} newCanvas
 */
function draw(picture, width, height, newCanvas) {
  const canvas = newCanvas(width, height)
  const context = /** @type {CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D | null} */ (
    canvas.getContext('2d')
  )
  if (!context) throw new Error('no canvas')
  // JPEG knows no transparency: without this, clear pixels would turn black.
  context.fillStyle = '#fff'
  context.fillRect(0, 0, width, height)
  context.imageSmoothingQuality = 'high'
  context.drawImage(picture, 0, 0, width, height)
  return canvas
}

/**
 * @param {Canvas} canvas
 * @param {number} quality
 * @returns {Promise<Blob>}
 */
function jpeg(canvas, quality) {
  if ('convertToBlob' in canvas) return canvas.convertToBlob({ type: 'image/jpeg', quality })
  return new Promise((resolve, reject) => {
    canvas.toBlob(blob => (blob ? resolve(blob) : reject(new Error('no JPEG'))), 'image/jpeg', quality)
  })
}
