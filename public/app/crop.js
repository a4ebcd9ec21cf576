/** Sizes and shapes of photos, in pixels. Pure. */

/** @typedef {'16:9' | '9:16'} Shape what the form offers */
/** @typedef {'auto' | Shape} AspectRatio `auto` only in jobs of earlier versions */
/** @typedef {{width: number, height: number}} Size */
/** @typedef {Size & {x: number, y: number}} Rect */

/** @type {Shape[]} */
export const ASPECT_RATIOS = ['16:9', '9:16']
const SIDES = { '16:9': [16, 9], '9:16': [9, 16] }
/** Where the crop of an upright photo to a wide frame starts: faces are in its upper half. */
const HIGH = 0.2

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
 * @param {Size} photo
 * @returns {Shape}
 */
export function suggestedRatio(photo) {
  return photo.width >= photo.height ? '16:9' : '9:16'
}

/**
 * Width divided by height.
 * @param {Shape} ratio
 */
export function shapeOf(ratio) {
  const [width = 1, height = 1] = SIDES[ratio]
  return width / height
}

/**
 * Where a crop lies as long as the person has not moved it.
 * @param {Size} photo
 * @param {Shape} ratio
 * @returns {number} as in `cropOf`
 */
export function startPosition(photo, ratio) {
  return ratio === '16:9' && photo.height > photo.width ? HIGH : 0.5
}

/**
 * The largest part of a photo that has exactly this shape in whole pixels. Only photos of less than 16 pixels get
 * fractions of one.
 * @param {Size} photo
 * @param {Shape} ratio
 * @param {number} position of the part along the side that is cut, from 0 (left, top) to 1 (right, bottom)
 * @returns {Rect}
 */
export function cropOf(photo, ratio, position) {
  const [across = 1, down = 1] = SIDES[ratio]
  const most = Math.min(photo.width / across, photo.height / down)
  const unit = Math.floor(most) || most
  const width = unit * across
  const height = unit * down
  const room = { x: photo.width - width, y: photo.height - height }
  // Only one side is really cut; of the other a few pixels at most, which go on both ends.
  const isWide = room.x / photo.width > room.y / photo.height
  return {
    x: Math.round(room.x * (isWide ? position : 0.5)),
    y: Math.round(room.y * (isWide ? 0.5 : position)),
    width,
    height,
  }
}

/**
 * What a crop cuts off the side that it can be moved along, in shares of it.
 * @param {Size} photo
 * @param {Rect} crop
 * @returns {{axis: 'x' | 'y', before: number, after: number} | null} null: nothing that anybody would see
 */
export function cutOff(photo, crop) {
  const left = crop.x / photo.width
  const right = 1 - (crop.x + crop.width) / photo.width
  const top = crop.y / photo.height
  const bottom = 1 - (crop.y + crop.height) / photo.height
  if (Math.max(left + right, top + bottom) < 0.01) return null
  return left + right > top + bottom
    ? { axis: 'x', before: left, after: right }
    : { axis: 'y', before: top, after: bottom }
}
