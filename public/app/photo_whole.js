/**
 * Whether a file holds all of its picture. Browsers paint what there is of half a file, and a person would buy a
 * video of half a photo.
 */

/** What is put behind the data of a JPEG: decoded where pixels are missing, ignored where none are. */
const PADDINGS = [0x00, 0x5a]
const PADDING_BYTES = 64
/** Rows that are compared at a time. */
const STRIP = 256

/** @typedef {ImageBitmap | HTMLImageElement} Picture */
/** @typedef {(width: number, height: number) => HTMLCanvasElement | OffscreenCanvas} NewCanvas */

/**
 * What the structure of a file says, whatever a browser makes of it.
 * @param {Uint8Array} bytes
 * @returns {'whole' | 'cut' | 'unended' | 'unknown'} unended: a JPEG without its last marker, which may miss nothing
 *   else; unknown: only its decoder can tell
 */
export function ending(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (letters(bytes, 0, 3) === '\xff\xd8\xff') return endOfImage(bytes) < 0 ? 'unended' : 'whole'
  if (letters(bytes, 1, 3) === 'PNG') return pngEnds(bytes, view) ? 'whole' : 'cut'
  if (letters(bytes, 0, 4) === 'RIFF' && bytes.length >= 12)
    return view.getUint32(4, true) + 8 <= bytes.length ? 'whole' : 'cut'
  if (letters(bytes, 4, 4) === 'ftyp') return boxesEnd(view) ? 'whole' : 'cut'
  return 'unknown'
}

/**
 * @param {Uint8Array} bytes
 * @param {number} at
 * @param {number} count
 */
function letters(bytes, at, count) {
  return String.fromCharCode(...bytes.subarray(at, at + count))
}

/**
 * Where the end of a JPEG's first picture stands; -1 where it has none. Bytes between segments are passed over, as
 * browsers do. https://www.w3.org/Graphics/JPEG/itu-t81.pdf, B.1.1
 * @param {Uint8Array} bytes
 */
function endOfImage(bytes) {
  let isData = false
  let at = bytes.indexOf(0xff, 2)
  while (at >= 0 && at + 1 < bytes.length) {
    const marker = bytes[at + 1] ?? 0
    if (marker === 0xd9 && isData) return at
    if (marker === 0xda) isData = true
    // In data, 0xff00 is a byte and 0xffd0 to 0xffd7 are restarts; neither has a length.
    const isBare = marker === 0 || marker === 0xff || (marker >= 0xd0 && marker <= 0xd9) || marker === 1
    const length = isBare ? 0 : (bytes[at + 2] ?? 0) * 256 + (bytes[at + 3] ?? 0)
    at = bytes.indexOf(0xff, at + (marker === 0xff ? 1 : 2) + length)
  }
  return -1
}

/**
 * Whether chunk follows chunk up to the last one, which holds no pixels. https://www.w3.org/TR/png-3/#5Chunk-layout
 * @param {Uint8Array} bytes
 * @param {DataView} view
 */
function pngEnds(bytes, view) {
  for (let at = 8; at + 8 <= bytes.length; at += 12 + view.getUint32(at))
    if (letters(bytes, at + 4, 4) === 'IEND') return true
  return false
}

/**
 * Whether the last box of a HEIF or AVIF file is there to its end. https://www.w3.org/TR/mse-byte-stream-format-isobmff/
 * @param {DataView} view
 */
function boxesEnd(view) {
  let at = 0
  while (at + 8 <= view.byteLength) {
    const size = view.getUint32(at)
    if (size === 0) return true
    at += size === 1 && at + 16 <= view.byteLength ? Number(view.getBigUint64(at + 8)) : Math.max(8, size)
  }
  return at === view.byteLength
}

/**
 * A JPEG with an end of its own, and other data before it than it had.
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @param {number} padding
 */
function padded(bytes, padding) {
  const marker = endOfImage(bytes)
  let end = marker < 0 ? bytes.length : marker
  // A marker's first half, left over, would join with the padding.
  while (bytes[end - 1] === 0xff) end -= 1
  const tail = new Uint8Array(PADDING_BYTES).fill(padding)
  return new Blob([bytes.subarray(0, end), tail, new Uint8Array([0xff, 0xd9])], { type: 'image/jpeg' })
}

/**
 * Decode a file, unless part of its picture is missing.
 * @template {Picture} P
 * @param {Blob} file
 * @param {(file: Blob) => Promise<P>} decode
 * @param {NewCanvas} newCanvas
 * @returns {Promise<P | 'cut'>}
 */
export async function decodeWhole(file, decode, newCanvas) {
  const bytes = new Uint8Array(await file.arrayBuffer())
  const end = ending(bytes)
  if (end === 'cut') return 'cut'
  const isJpeg = letters(bytes, 0, 2) === '\xff\xd8'
  if (end !== 'unended') {
    const picture = await decode(file)
    // A JPEG that was cut and closed again ends in rows of one colour. So do some whole ones.
    if (!isJpeg || !hasPlainEdge(picture, newCanvas)) return picture
  }
  const [one, other] = await Promise.all(PADDINGS.map(padding => decode(padded(bytes, padding))))
  if (!one || !other) return 'cut'
  return isSame(one, other, newCanvas) ? one : 'cut'
}

/**
 * @param {Picture} picture
 * @param {NewCanvas} newCanvas
 */
function hasPlainEdge(picture, newCanvas) {
  const { width, height } = picture
  const edges = [
    pixels(picture, { x: 0, y: 0, width, height: 1 }, newCanvas),
    pixels(picture, { x: 0, y: height - 1, width, height: 1 }, newCanvas),
    pixels(picture, { x: 0, y: 0, width: 1, height }, newCanvas),
    pixels(picture, { x: width - 1, y: 0, width: 1, height }, newCanvas),
  ]
  return edges.some(edge => edge.every(pixel => pixel === edge[0]))
}

/**
 * @param {Picture} one
 * @param {Picture} other
 * @param {NewCanvas} newCanvas
 */
function isSame(one, other, newCanvas) {
  const { width, height } = one
  for (let y = 0; y < height; y += STRIP) {
    const strip = { x: 0, y, width, height: Math.min(STRIP, height - y) }
    const theirs = pixels(other, strip, newCanvas)
    if (pixels(one, strip, newCanvas).some((pixel, index) => pixel !== theirs[index])) return false
  }
  return true
}

/**
 * @param {Picture} picture
 * @param {import('./crop.js').Rect} part
 * @param {NewCanvas} newCanvas
 */
function pixels(picture, { x, y, width, height }, newCanvas) {
  const context = /** @type {CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D | null} */ (
    newCanvas(width, height).getContext('2d', { willReadFrequently: true })
  )
  if (!context) throw new Error('no canvas')
  context.drawImage(picture, -x, -y)
  return new Uint32Array(context.getImageData(0, 0, width, height).data.buffer)
}
