import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crc32 } from 'node:zlib'
import { decodeWhole, ending } from '../../public/app/photo_whole.js'

/** @param {(string | number[])[]} parts */
const bytes = (...parts) =>
  new Uint8Array(parts.flatMap(part => (typeof part === 'string' ? [...Buffer.from(part, 'latin1')] : part)))

const HEAD = '\xff\xd8\xff\xe0\x00\x04ab'
const SCAN = '\xff\xda\x00\x02'
const DATA = 'data\xff\x00more\xff\xd3rest'
const END = '\xff\xd9'

test('a JPEG is whole with an end behind its data', () => {
  assert.equal(ending(bytes(HEAD, SCAN, DATA, END)), 'whole')
  assert.equal(ending(bytes(HEAD, SCAN, DATA, END, 'a second picture', HEAD)), 'whole')
  assert.equal(ending(bytes(HEAD, 'stray', SCAN, DATA, '\xff\xff', END)), 'whole')
  assert.equal(ending(bytes(HEAD, SCAN, DATA, SCAN, DATA, END)), 'whole')
})

test('a JPEG without an end has still to be proved', () => {
  assert.equal(ending(bytes(HEAD, SCAN, DATA)), 'unended')
  assert.equal(ending(bytes(HEAD, SCAN, DATA, '\xff')), 'unended')
  assert.equal(ending(bytes(HEAD)), 'unended')
  // The end of a preview within a segment is not the picture's.
  assert.equal(ending(bytes('\xff\xd8\xff\xe1\x00\x06', SCAN, END, SCAN, DATA)), 'unended')
})

test('a JPEG of one scan ends at the first marker in it', () => {
  const scan = '\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00'
  const frame = (/** @type {string} */ kind, /** @type {string} */ components) =>
    `\xff${kind}\x00\x0b\x08\x00\x08\x00\x08${components}\x01\x11\x00`
  const STRAY = '\xff\xe5\x00\x04ab'
  for (const kind of ['\xc0', '\xc1'])
    assert.equal(ending(bytes(HEAD, frame(kind, '\x01'), scan, DATA, END)), 'whole')
  for (const stray of [STRAY, `\xff${STRAY}`, '\xff\x01', '\xff\xd8', '\xff\x02'])
    for (const kind of ['\xc0', '\xc1'])
      assert.equal(ending(bytes(HEAD, frame(kind, '\x01'), scan, DATA, stray, DATA, END)), 'unended')
  assert.equal(ending(bytes(HEAD, frame('\xc2', '\x01'), scan, DATA, STRAY, scan, DATA, END)), 'whole')
  assert.equal(ending(bytes(HEAD, frame('\xc0', '\x03'), scan, DATA, STRAY, scan, DATA, END)), 'whole')
})

test('a progressive JPEG without an end is cut where scans are missing', async () => {
  const frame = '\xff\xc2\x00\x11\x08\x00\x08\x00\x08\x03\x01\x22\x00\x02\x11\x00\x03\x11\x00'
  /** @param {number[]} components @param {number[]} band first, last and bits of its coefficients */
  const scan = (components, band) =>
    bytes(
      [0xff, 0xda, 0, 6 + 2 * components.length, components.length],
      components.flatMap(one => [one, 0]),
      band,
      DATA,
    )
  const rough = scan([1, 2, 3], [0, 0, 0x01])
  const finer = [scan([1, 2, 3], [0, 0, 0x10]), ...[1, 2, 3].map(one => scan([one], [1, 63, 0x00]))]
  const all = [HEAD, frame, [...rough], ...finer.map(one => [...one])]
  assert.equal(ending(bytes(...all)), 'unended')
  for (let count = 2; count < all.length; count += 1)
    assert.equal(ending(bytes(...all.slice(0, count))), 'cut', `${count - 2} scans`)
  const refined = [HEAD, frame, [...rough], ...finer.map(one => [...one])]
  refined[4] = [...scan([1], [1, 63, 0x02])]
  assert.equal(ending(bytes(...refined)), 'cut')
  assert.equal(ending(bytes(...refined, [...scan([1], [1, 63, 0x21])])), 'cut')
  assert.equal(
    ending(bytes(...refined, [...scan([1], [1, 63, 0x21])], [...scan([1], [1, 63, 0x10])])),
    'unended',
  )
  // Some make no more scans, and say that this is all.
  assert.equal(ending(bytes(...refined, END)), 'whole')
  const filled = new Blob([bytes(...refined, Array(64).fill(0), END)])
  assert.equal(await decodeWhole(filled, () => assert.fail('it is not decoded')), 'cut')
})

/**
 * What is decoded to find out whether a JPEG without its end is whole, both times.
 * @param {string[]} parts
 */
async function compared(...parts) {
  /** @type {string[]} */
  const decoded = []
  const picture = /** @type {ImageBitmap} */ ({ width: 1, height: 1 })
  const context = { drawImage() {}, getImageData: () => ({ data: new Uint8ClampedArray(4) }) }
  Object.assign(globalThis, {
    OffscreenCanvas: class {
      getContext = () => context
    },
  })
  const decode = async (/** @type {Blob} */ file) => {
    decoded.push(Buffer.from(await file.arrayBuffer()).toString('latin1'))
    return picture
  }
  assert.equal(await decodeWhole(new Blob([bytes(...parts)]), decode), picture)
  return decoded.toSorted()
}

/**
 * @param {string} start
 * @param {string} restart
 */
const padded = (start, restart) =>
  ['\0', 'Z'].map(padding => `${start}${padding.repeat(64)}\xff${restart}${padding.repeat(64)}${END}`)

test('behind half a JPEG comes the restart that it lacks', async () => {
  for (const [last, next] of ['01', '12', '67', '70'].map(pair =>
    [...pair].map(digit => 0xd0 + Number(digit)),
  )) {
    const data = `${HEAD}${SCAN}\xff\xd5${SCAN}data\xff${String.fromCharCode(last ?? 0)}more`
    assert.deepEqual(await compared(data), padded(data, String.fromCharCode(next ?? 0)))
    assert.deepEqual(await compared(`${data}\xff`), padded(data, String.fromCharCode(next ?? 0)))
  }
  const data = `${HEAD}\xff\xe1\x00\x04\xff\xd5${SCAN}\xff\xd5${SCAN}data`
  assert.deepEqual(await compared(data), padded(data, '\xd0'))
})

test('zeros at the end of a JPEG without an end are none of its data', async () => {
  const data = `${HEAD}${SCAN}data`
  assert.deepEqual(await compared(data, '\0'.repeat(64)), padded(data, '\xd0'))
  assert.deepEqual(await compared(data, '\xff', '\0'.repeat(5000)), padded(`${data}\xff\0`, '\xd0'))
  assert.deepEqual(await compared(data, '\0'.repeat(63)), padded(`${data}${'\0'.repeat(63)}`, '\xd0'))
})

test('zeros before the end of a JPEG are none of its data where it is whole without the last', async () => {
  const data = `${HEAD}${SCAN}data`
  const filled = [...padded(data, '\xd0'), ...padded(data, '\xd0')].toSorted()
  assert.deepEqual(await compared(data, '\0'.repeat(64), END), filled)
  assert.deepEqual(await compared(data, '\0'.repeat(64), '\xff', END), filled)
  const few = `${data}${'\0'.repeat(63)}`
  assert.deepEqual(await compared(few, END), [`${few}${END}`, ...padded(few, '\xd0')].toSorted())
})

/**
 * @param {string} kind
 * @param {string} content
 * @param {number} wrong by which bits its checksum is off
 */
function chunk(kind, content, wrong = 0) {
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)]
  length.writeUInt32BE(content.length)
  sum.writeUInt32BE((crc32(kind + content) ^ wrong) >>> 0)
  return length.toString('latin1') + kind + content + sum.toString('latin1')
}

test('a PNG is whole once its last chunk has begun', () => {
  const png = ['\x89PNG\r\n\x1a\n', chunk('IDAT', 'ab')]
  assert.equal(ending(bytes(...png, '\0\0\0\0IEND1234')), 'whole')
  assert.equal(ending(bytes(...png, '\0\0\0\0IEND')), 'whole')
  assert.equal(ending(bytes(...png)), 'cut')
  assert.equal(ending(bytes('\x89PNG\r\n\x1a\n', '\0\0\x09\0IDATab')), 'cut')
})

test('a PNG whose pixels are damaged is not whole', () => {
  const of = (/** @type {string[]} */ ...chunks) =>
    ending(bytes('\x89PNG\r\n\x1a\n', chunk('IHDR', 'size'), ...chunks, '\0\0\0\0IEND1234'))
  assert.equal(of(chunk('IDAT', 'ab'), chunk('IDAT', '')), 'whole')
  assert.equal(of(chunk('IDAT', 'ab', 1)), 'cut')
  assert.equal(of(chunk('PLTE', 'rgb', 1 << 31), chunk('IDAT', 'ab')), 'cut')
  assert.equal(of(chunk('tEXt', 'what browsers do not look at', 1), chunk('IDAT', 'ab')), 'whole')
})

test('a WebP, a HEIF and an AVIF say how long they are', () => {
  assert.equal(ending(bytes('RIFF\x04\0\0\0WEBP')), 'whole')
  assert.equal(ending(bytes('RIFF\x05\0\0\0WEBP')), 'cut')
  const box = '\0\0\0\x0cftypavif'
  assert.equal(ending(bytes(box, '\0\0\0\x0amdatab')), 'whole')
  assert.equal(ending(bytes(box, '\0\0\0\x0bmdatab')), 'cut')
  assert.equal(ending(bytes(box, '\0\0\0\0mdatab')), 'whole')
  assert.equal(ending(bytes(box, '\0\0\0\x01mdat\0\0\0\0\0\0\0\x11a')), 'whole')
})

test('what follows the last box of an AVIF is let be', () => {
  const whole = '\0\0\0\x0cftypavif\0\0\0\x0amdatab'
  for (const rest of ['\n', 'junkjunkj', 'SEFH'.repeat(50), '\0\0\0\x08free\n'])
    assert.equal(ending(bytes(whole, rest)), 'whole', rest)
  for (const rest of ['\0\0\0\x0bmdatab', '\0\0\0\x09freex\0\0\0\x0bmdatab', '\0\0\x01\0meta'])
    assert.equal(ending(bytes(whole, rest)), 'cut', rest)
  assert.equal(ending(bytes('\0\0\0\x0cftypavif', 'junkjunkj')), 'cut')
})

test('of other files only their decoder can tell', () => {
  for (const file of ['', 'GIF89a', 'BM', 'RIFF', '%PDF-1.7', '<svg/>', '\xff\xd8'])
    assert.equal(ending(bytes(file)), 'unknown')
})
