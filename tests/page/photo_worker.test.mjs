import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeColour, FakeCanvas, FakeContext } from '../support/fake_canvas.mjs'

const RED = '#ff0000'
/** @type {any} */
const worker = globalThis
let workers = 0

/**
 * What a new worker answers to an order.
 * @param {object} order
 * @param {(file: Blob) => Promise<any>} decode
 * @returns {Promise<any>}
 */
async function answerTo(order, decode = decodeColour) {
  /** @type {any} */
  let listener
  Object.assign(worker, {
    OffscreenCanvas: FakeCanvas,
    createImageBitmap: (/** @type {Blob} */ file) => decode(file),
    addEventListener: (/** @type {string} */ _, /** @type {any} */ given) => {
      listener = given
    },
  })
  workers += 1
  await import(`../../public/app/photo_worker.js?worker=${workers}`)
  return new Promise(resolve => listener({ data: order, ports: [{ postMessage: resolve }] }))
}

function throws() {
  throw new DOMException('', 'InvalidStateError')
}

const refuses = async () => throws()

const BMP = new Blob([`BM${RED}`])
const NOT_DECODED = { problem: 'not-decoded' }
/** @param {string} text */
const blob = async text => new Blob([text], { type: 'image/jpeg' })

test('a worker prepares a photo, and what is sent of it', async () => {
  const { photo } = await answerTo({ file: BMP })
  assert.deepEqual([await photo.blob.text(), photo.width, photo.height], [RED, 4, 3])
  const sent = await answerTo({ photo: BMP, part: null, budget: 1_000 })
  assert.deepEqual([await sent.blob.text(), await sent.thumbnail.text()], [RED, RED])
})

for (const [start, problem] of [
  ['BM', 'unreadable'],
  ['GIF89a', 'unreadable'],
  ['another format', 'not-decoded'],
])
  test(`what its decoder refuses is ${problem}: ${start}`, async () => {
    assert.deepEqual(await answerTo({ file: new Blob([`${start} damaged`]) }), { problem })
  })

for (const [name, object, method, instead] of /** @type {[string, any, string, () => any][]} */ ([
  ['no context', FakeCanvas.prototype, 'getContext', () => null],
  ['a context that throws', FakeCanvas.prototype, 'getContext', throws],
  ['no JPEG', FakeCanvas.prototype, 'convertToBlob', refuses],
  ['pixels that throw', FakeContext.prototype, 'getImageData', throws],
  ['noise for pixels', FakeContext.prototype, 'getImageData', () => ({ data: [200, 60, 12, 255] })],
  ['white for a JPEG', FakeCanvas.prototype, 'convertToBlob', () => blob('#ffffff')],
  ['black for a JPEG', FakeCanvas.prototype, 'convertToBlob', () => blob('#000000')],
]))
  test(`where a worker has ${name} all is left to the page`, async t => {
    t.mock.method(object, method, instead)
    assert.deepEqual(await answerTo({ file: BMP }), NOT_DECODED)
    assert.deepEqual(await answerTo({ photo: BMP, part: null, budget: 1_000 }), NOT_DECODED)
  })

test('a worker that decodes nothing at all calls no photo damaged', async () => {
  assert.deepEqual(await answerTo({ file: BMP }, refuses), NOT_DECODED)
})

test('a canvas that fails only where it is large leaves it to the page', async t => {
  const { convertToBlob } = FakeCanvas.prototype
  /** @this {any} */
  function large() {
    return this.width === 4 ? refuses() : convertToBlob.call(this)
  }
  t.mock.method(FakeCanvas.prototype, 'convertToBlob', large)
  assert.deepEqual(await answerTo({ file: BMP }), NOT_DECODED)
})

test('a browser that changes a few levels of what is read is let be', async t => {
  const { getImageData } = FakeContext.prototype
  /** @this {any} @param {any} area */
  function changed(...area) {
    return { data: getImageData.apply(this, area).data.map((level, index) => level ^ (index & 3)) }
  }
  t.mock.method(FakeContext.prototype, 'getImageData', changed)
  assert.ok('photo' in (await answerTo({ file: BMP })))
})
