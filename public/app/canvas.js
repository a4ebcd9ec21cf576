/** Pictures on a canvas, in the page and in its worker alike. */

import { fit } from './crop.js'

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
