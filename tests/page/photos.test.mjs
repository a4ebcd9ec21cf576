import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import { decodeColour, FakeCanvas } from '../support/fake_canvas.mjs'

/** @typedef {typeof import('../../public/app/photos.js')} Photos */

const RED = '#ff0000'
const PICTURE = new Blob([RED])
/** @type {any} what the browser has; the page's own way to decode is an <img> */
const browser = globalThis
/** A module keeps what it knows of its browser: each test has a new one. */
let pages = 0

/** @returns {Promise<Photos>} */
async function newPage() {
  pages += 1
  return import(`../../public/app/photos.js?page=${pages}`)
}

/** A worker that answers each order as a test says, or never. */
class FakeWorker extends EventTarget {
  static made = /** @type {FakeWorker[]} */ ([])
  /** @type {object | null} */
  static answer = null
  orders = 0
  isEnded = false
  constructor() {
    super()
    FakeWorker.made.push(this)
  }
  /** @param {unknown} _order @param {MessagePort[]} ports */
  postMessage(_order, [port]) {
    this.orders += 1
    if (FakeWorker.answer) port?.postMessage(FakeWorker.answer)
    else port?.close()
  }
  terminate() {
    this.isEnded = true
  }
}

beforeEach(() => {
  FakeWorker.made = []
  FakeWorker.answer = { problem: 'not-decoded' }
  Object.assign(browser, {
    Worker: FakeWorker,
    OffscreenCanvas: FakeCanvas,
    document: { createElement: () => new FakeCanvas() },
    Image: class {
      src = ''
      decode = async () => Object.assign(this, await decodeColour(await (await fetch(this.src)).blob()))
    },
  })
})

/** @param {Awaited<ReturnType<Photos['preparePhoto']>>} result */
const shown = async result => ('photo' in result ? (await decodeColour(result.photo.blob)).colour : result)

for (const [name, change] of /** @type {[string, () => void][]} */ ([
  ['has no workers', () => delete browser.Worker],
  ['has no message channels', () => (browser.MessageChannel = undefined)],
  [
    'allows no workers',
    () =>
      (browser.Worker = class {
        constructor() {
          throw new DOMException('', 'SecurityError')
        }
      }),
  ],
  [
    'hands no photo over',
    () =>
      (browser.Worker = class extends FakeWorker {
        postMessage() {
          throw new DOMException('', 'DataCloneError')
        }
      }),
  ],
]))
  test(`a photo is prepared in the page where it ${name}`, async t => {
    const { MessageChannel } = globalThis
    t.after(() => Object.assign(globalThis, { MessageChannel }))
    change()
    const { partOf, preparePhoto } = await newPage()
    assert.equal(await shown(await preparePhoto(PICTURE)), RED)
    assert.equal((await decodeColour((await partOf(PICTURE, null, 1_000)).blob)).colour, RED)
  })

test('a worker that is silent for a minute is ended and asked no more', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  FakeWorker.answer = null
  const { preparePhoto } = await newPage()
  const both = [preparePhoto(PICTURE), preparePhoto(PICTURE)]
  t.mock.timers.tick(59_999)
  assert.deepEqual(
    FakeWorker.made.map(({ orders, isEnded }) => ({ orders, isEnded })),
    [{ orders: 2, isEnded: false }],
  )
  t.mock.timers.tick(1)
  for (const one of [...both, preparePhoto(PICTURE)]) assert.equal(await shown(await one), RED)
  assert.deepEqual(
    FakeWorker.made.map(({ orders, isEnded }) => ({ orders, isEnded })),
    [{ orders: 2, isEnded: true }],
  )
})

test('a worker that has answered is not ended later', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const { preparePhoto } = await newPage()
  await preparePhoto(PICTURE)
  t.mock.timers.tick(60_000)
  await preparePhoto(PICTURE)
  assert.deepEqual(
    FakeWorker.made.map(({ orders, isEnded }) => ({ orders, isEnded })),
    [{ orders: 2, isEnded: false }],
  )
})

test('nothing is sent where the browser hides what is drawn, until allowed', async t => {
  const noise = t.mock.method(FakeCanvas.prototype, 'convertToBlob', async () => new Blob(['#8f03e1']))
  const { partOf, preparePhoto } = await newPage()
  assert.deepEqual(await preparePhoto(PICTURE), { problem: 'hidden' })
  await assert.rejects(partOf(PICTURE, null, 1_000), /hides what is drawn/)
  noise.mock.restore()
  assert.equal(await shown(await preparePhoto(PICTURE)), RED)
})

for (const [name, brands, problem] of [
  ['heic first', 'heic....mif1heic', 'heic'],
  ['mif1 first', 'mif1....miafheic', 'heic'],
  ['a sequence', 'msf1....hevcmsf1', 'heic'],
  ['heif first', 'heif....mif1heic', 'heic'],
  ['miaf first', 'miaf....mif1heic', 'heic'],
  ['mif2 first', 'mif2....miaf', 'heic'],
  ['MiHE first', 'MiHE....mif1heic', 'heic'],
  ['avci first', 'avci....mif1', 'heic'],
  ['1pic first', '1pic....mif1heic', 'heic'],
  ['an AVIF', 'mif1....miafavif', 'unreadable'],
  ['an AVIF sequence', 'msf1....avismsf1', 'unreadable'],
  ['a video', 'mp42....isommp42', 'unreadable'],
])
  test(`a file that the browser cannot open is ${problem}: ${name}`, async () => {
    const file = new Blob([`\0\0\0${String.fromCharCode(8 + (brands ?? '').length)}ftyp${brands}#no picture`])
    const { preparePhoto } = await newPage()
    assert.deepEqual(await preparePhoto(file), { problem })
  })
