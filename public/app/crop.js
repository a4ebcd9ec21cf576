/** Sizes and shapes of photos, in pixels. Pure. */

/** @typedef {'auto' | '16:9' | '9:16'} AspectRatio */

/** @type {AspectRatio[]} */
export const ASPECT_RATIOS = ['16:9', '9:16', 'auto']

/**
 * The size that fits into a square of `longest` pixels without stretching; never larger than it was.
 * @param {number} width
 * @param {number} height
 * @param {number} longest
 */
export function fit(width, height, longest) {
  const scale = Math.min(1, longest / Math.max(width, height))
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) }
}

/**
 * The shape that cuts less off a photo.
 * @param {{width: number, height: number}} photo
 * @returns {AspectRatio}
 */
export function suggestedRatio(photo) {
  return photo.width >= photo.height ? '16:9' : '9:16'
}

/**
 * Width divided by height of the frame that a photo is shown in.
 * @param {AspectRatio} ratio
 * @param {{width: number, height: number} | null} photo
 */
export function frameRatio(ratio, photo) {
  if (ratio === '16:9') return 16 / 9
  if (ratio === '9:16') return 9 / 16
  if (!photo) return 16 / 9
  return Math.min(16 / 9, Math.max(9 / 16, photo.width / photo.height))
}

/**
 * How much of the photo's area the crop to `ratio` cuts off, from 0 to 1, and from which edges.
 * @param {AspectRatio} ratio
 * @param {{width: number, height: number}} photo
 * @returns {{share: number, edges: 'sides' | 'top and bottom'}}
 */
export function cutOff(ratio, photo) {
  if (ratio === 'auto') return { share: 0, edges: 'sides' }
  const frame = frameRatio(ratio, photo)
  const own = photo.width / photo.height
  return own > frame
    ? { share: 1 - frame / own, edges: 'sides' }
    : { share: 1 - own / frame, edges: 'top and bottom' }
}
