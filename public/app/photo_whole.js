/**
 * Whether a file holds all of its picture. Browsers paint what there is of half a file, and a person would buy a
 * video of half a photo.
 */

import { newContext } from './canvas.js'

/** What is put behind the data of a JPEG: decoded where pixels are missing, ignored where none are. */
const PADDINGS = [0x00, 0x5a]
const PADDING_BYTES = 64
/** Zeros that end a file without an end: a copy that was interrupted may leave the rest of its file so. */
const NEVER_WRITTEN = 64
/** Rows that are compared at a time. */
const STRIP = 256
/** The boxes of a HEIF or AVIF file that stand beside or behind its pixels. */
const BOXES = ['free', 'mdat', 'meta', 'moof', 'moov', 'skip', 'uuid']
/** Of each byte, what it adds to a checksum. https://www.w3.org/TR/png-3/#samplecrc */
const SUMS = Uint32Array.from({ length: 256 }, (_, byte) => {
  let sum = byte
  for (let bit = 0; bit < 8; bit += 1) sum = sum & 1 ? 0xedb88320 ^ (sum >>> 1) : sum >>> 1
  return sum
})

/** @typedef {ImageBitmap | HTMLImageElement} Picture */

/**
 * What the structure of a file says, whatever a browser makes of it.
 * @param {Uint8Array} bytes
 * @returns {'whole' | 'cut' | 'unended' | 'unknown'} cut: or damaged; unended: a JPEG without its last marker, or with
 *   another one in its place, which may miss nothing else; unknown: only its decoder can tell
 */
export function ending(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (letters(bytes, 0, 3) === '\xff\xd8\xff') {
    const { end, isRough } = endOfImage(bytes)
    if (bytes[end + 1] === 0xd9) return 'whole'
    return isRough ? 'cut' : 'unended'
  }
  if (letters(bytes, 1, 3) === 'PNG') return pngEnds(bytes, view) ? 'whole' : 'cut'
  if (letters(bytes, 0, 4) === 'RIFF' && bytes.length >= 12)
    return view.getUint32(4, true) + 8 <= bytes.length ? 'whole' : 'cut'
  if (letters(bytes, 4, 4) === 'ftyp') return boxesEnd(bytes, view) ? 'whole' : 'cut'
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
 * Where the data of a JPEG's first picture ends, with a marker; -1 where it has none. Bytes between segments are
 * passed over, as browsers do, but in its only scan a picture ends with the first marker, whichever it is.
 * Where that is not the picture's end, `restart` is the marker of its next restart interval. `start` is where the data
 * of the last scan begins. `isRough`: of a progressive one, scans are missing that would make it fine.
 * https://www.w3.org/Graphics/JPEG/itu-t81.pdf, B.1.1 and G.1.1
 * @param {Uint8Array} bytes
 */
function endOfImage(bytes) {
  let components = 0
  let isData = false
  let isOnlyScan = false
  let restart = 0xd0
  let start = 0
  /** How many coefficients a progressive picture has, and those that are there to their last bit. */
  let coefficients = 0
  const exact = new Set()
  let at = bytes.indexOf(0xff, 2)
  while (at >= 0 && at + 1 < bytes.length) {
    const marker = bytes[at + 1] ?? 0
    // In data, 0xff00 is a byte and 0xffd0 to 0xffd7 are restarts; neither has a length.
    const isRestart = marker >= 0xd0 && marker <= 0xd7
    const isOfData = marker === 0 || marker === 0xff || isRestart
    if (isOnlyScan ? !isOfData : isData && marker === 0xd9) break
    if (isRestart) restart = 0xd0 + ((marker + 1) & 7)
    if (marker === 0xc0 || marker === 0xc1) components = bytes[at + 9] ?? 0
    if (marker === 0xc2) coefficients = 64 * (bytes[at + 9] ?? 0)
    if (marker === 0xda) {
      const behind = at + 5 + 2 * (bytes[at + 4] ?? 0)
      const [first = 0, last = 0, bits = 0] = bytes.subarray(behind, behind + 3)
      if (!(bits & 15))
        for (let of = at + 5; of < behind; of += 2)
          for (let index = first; index <= last; index += 1) exact.add((bytes[of] ?? 0) * 64 + index)
      isData = true
      restart = 0xd0
      isOnlyScan = bytes[at + 4] === components
    }
    const isBare = isOfData || marker === 0xd8 || marker === 0xd9 || marker === 1
    const length = isBare ? 0 : (bytes[at + 2] ?? 0) * 256 + (bytes[at + 3] ?? 0)
    if (marker === 0xda) start = at + 2 + length
    at = bytes.indexOf(0xff, at + (marker === 0xff ? 1 : 2) + length)
  }
  const isEnded = at >= 0 && at + 1 < bytes.length
  return { end: isEnded ? at : -1, restart, start, isRough: exact.size < coefficients }
}

/**
 * Whether chunk follows chunk up to the last one, which holds no pixels, and none that matters is damaged.
 * https://www.w3.org/TR/png-3/#5Chunk-layout
 * @param {Uint8Array} bytes
 * @param {DataView} view
 */
function pngEnds(bytes, view) {
  let at = 8
  while (at + 12 <= bytes.length && letters(bytes, at + 4, 4) !== 'IEND') {
    const end = at + 8 + view.getUint32(at)
    if (end + 4 > bytes.length) return false
    // A small first letter: browsers do without it.
    const isNeeded = !((bytes[at + 4] ?? 0) & 0x20)
    if (isNeeded && checksum(bytes.subarray(at + 4, end)) !== view.getUint32(end)) return false
    at = end + 4
  }
  return letters(bytes, at + 4, 4) === 'IEND'
}

/** @param {Uint8Array} bytes */
function checksum(bytes) {
  let sum = 0xffffffff
  for (const byte of bytes) sum = (SUMS[(sum ^ byte) & 0xff] ?? 0) ^ (sum >>> 8)
  return ~sum >>> 0
}

/**
 * Whether the last box of a HEIF or AVIF file is there to its end. Of what follows its pixels and is no box, browsers
 * take no notice. https://www.w3.org/TR/mse-byte-stream-format-isobmff/
 * @param {Uint8Array} bytes
 * @param {DataView} view
 */
function boxesEnd(bytes, view) {
  let hasPixels = false
  let at = 0
  while (at + 8 <= bytes.length) {
    const size = view.getUint32(at)
    const kind = letters(bytes, at + 4, 4)
    if (size === 0 || (hasPixels && !BOXES.includes(kind))) return true
    at += size === 1 && at + 16 <= bytes.length ? Number(view.getBigUint64(at + 8)) : Math.max(8, size)
    hasPixels ||= kind === 'mdat'
  }
  return hasPixels ? at <= bytes.length : at === bytes.length
}

/**
 * A JPEG with an end of its own, and other data before it than it had. Between two restart intervals decoders read
 * nothing before the marker of the next one.
 * @param {Uint8Array<ArrayBuffer>} data up to the picture's end
 * @param {number} restart
 * @param {number} padding
 */
function padded(data, restart, padding) {
  const tail = new Uint8Array(PADDING_BYTES).fill(padding)
  const parts = [data, tail, new Uint8Array([0xff, restart]), tail, new Uint8Array([0xff, 0xd9])]
  return new Blob(parts, { type: 'image/jpeg' })
}

/**
 * How many zeros end the data of a picture, after its place `start`: none where they are few.
 * @param {Uint8Array} data
 * @param {number} start
 */
function zerosAtEnd(data, start) {
  let written = data.length
  while (written > start && data[written - 1] === 0) written -= 1
  if (data.length - written < NEVER_WRITTEN) return 0
  return data.length - written - (data[written - 1] === 0xff ? 1 : 0)
}

/**
 * Where the pixels of a WebP are; nowhere in an animated one.
 * https://developers.google.com/speed/webp/docs/riff_container
 * @param {Uint8Array} bytes
 */
function pixelsOfWebp(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = 12
  while (at + 8 <= bytes.length) {
    const end = at + 8 + view.getUint32(at + 4, true)
    if (['VP8 ', 'VP8L'].includes(letters(bytes, at, 4))) return { start: at + 8, end }
    at = end + (end & 1)
  }
  return { start: 0, end: 0 }
}

/**
 * Whether a WebP was cut and filled up with zeros: some make pixels, the last ones do not. A plain colour may be as
 * many; then none of them is too many.
 * @template {Picture} P
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @param {P} picture that they make
 * @param {(file: Blob) => Promise<P>} decode
 */
async function isFilledWebp(bytes, picture, decode) {
  const { start, end } = pixelsOfWebp(bytes)
  const zeros = zerosAtEnd(bytes.subarray(0, end), start)
  if (!zeros) return false
  /** @param {number} count */
  async function isSameWithout(count) {
    const changed = new Blob([bytes.slice().fill(0x5a, end - count, end)], { type: 'image/webp' })
    const other = await decode(changed).catch(() => null)
    return other !== null && isSame(picture, other)
  }
  return (await isSameWithout(NEVER_WRITTEN)) && !(await isSameWithout(zeros))
}

/**
 * Decode a file, unless part of its picture is missing.
 * @template {Picture} P
 * @param {Blob} file
 * @param {(file: Blob) => Promise<P>} decode
 * @returns {Promise<P | 'cut'>}
 */
export async function decodeWhole(file, decode) {
  const bytes = new Uint8Array(await file.arrayBuffer())
  const end = ending(bytes)
  if (end === 'cut') return 'cut'
  if (letters(bytes, 0, 2) !== '\xff\xd8') {
    const picture = await decode(file)
    const isWebp = letters(bytes, 8, 4) === 'WEBP'
    return isWebp && (await isFilledWebp(bytes, picture, decode)) ? 'cut' : picture
  }
  const { end: marker, restart, start, isRough } = endOfImage(bytes)
  let written = marker < 0 ? bytes.length : marker
  // A marker's first half, left over, would join with the padding.
  while (bytes[written - 1] === 0xff) written -= 1
  const zeros = zerosAtEnd(bytes.subarray(0, written), start)
  if (zeros && isRough) return 'cut'
  if (end !== 'unended' && !zeros) {
    const picture = await decode(file)
    // A JPEG that was cut and closed again ends in rows of one colour. So do some whole ones.
    if (!hasPlainEdge(picture)) return picture
  }
  /** @param {number} length */
  async function decodeFirst(length) {
    const data = bytes.subarray(0, length)
    const [one, other] = await Promise.all(PADDINGS.map(padding => decode(padded(data, restart, padding))))
    return one && other && isSame(one, other) ? one : 'cut'
  }
  // Before a marker, a plain colour may be as many zeros; then none of them is too many.
  const isFilled = zeros > 0 && (marker < 0 || (await decodeFirst(written - NEVER_WRITTEN)) !== 'cut')
  return decodeFirst(isFilled ? written - zeros : written)
}

/** @param {Picture} picture */
function hasPlainEdge(picture) {
  const { width, height } = picture
  const edges = [
    pixels(picture, { x: 0, y: 0, width, height: 1 }),
    pixels(picture, { x: 0, y: height - 1, width, height: 1 }),
    pixels(picture, { x: 0, y: 0, width: 1, height }),
    pixels(picture, { x: width - 1, y: 0, width: 1, height }),
  ]
  return edges.some(edge => edge.every(pixel => pixel === edge[0]))
}

/**
 * @param {Picture} one
 * @param {Picture} other
 */
function isSame(one, other) {
  const { width, height } = one
  for (let y = 0; y < height; y += STRIP) {
    const strip = { x: 0, y, width, height: Math.min(STRIP, height - y) }
    const theirs = pixels(other, strip)
    if (pixels(one, strip).some((pixel, index) => pixel !== theirs[index])) return false
  }
  return true
}

/**
 * @param {Picture} picture
 * @param {import('./crop.js').Rect} part
 */
function pixels(picture, { x, y, width, height }) {
  const context = newContext(width, height, { willReadFrequently: true })
  context.drawImage(picture, -x, -y)
  return new Uint32Array(context.getImageData(0, 0, width, height).data.buffer)
}
