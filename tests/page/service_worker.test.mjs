import assert from 'node:assert/strict'
import { test } from 'node:test'

const JOB = 'https://site.example/#AAAAAAAAAAAAAAAAAAAAAA'
const FORM = 'https://site.example/#new'

/** @type {Map<string, (event: any) => void>} */
const listeners = new Map()
/** @type {string[]} what was done, in order */
let done = []
/** @type {string[]} the addresses of the open tabs */
let tabs = []
const clients = {
  /** @param {{type: string}} options */
  async matchAll({ type }) {
    assert.equal(type, 'window')
    return tabs.map(url => ({
      url,
      focus: async () => done.push(`focus ${url}`),
      navigate: async (/** @type {string} */ to) => done.push(`navigate ${url} to ${to}`),
    }))
  },
  openWindow: async (/** @type {string} */ url) => done.push(`open ${url}`),
}
/** The scope of a service worker, as far as it has to do with notifications. */
const scope = {
  clients,
  addEventListener: (/** @type {string} */ name, /** @type {(event: any) => void} */ listener) =>
    listeners.set(name, listener),
}
/** What the network and the cache do. */
const network = { fails: false }
const kept = /** @type {Map<string, string>} */ (new Map())
/** @type {string | null} the name of the error with which each call of the cache fails */
let cacheFailure = null
const failing = async () => {
  if (cacheFailure) throw new DOMException('', cacheFailure)
}
const caches = {
  async open() {
    await failing()
    return {
      put: async (/** @type {Request} */ { url }, /** @type {Response} */ response) => {
        await failing()
        kept.set(url, await response.text())
      },
    }
  },
  async match(/** @type {Request} */ { url }) {
    await failing()
    return kept.has(url) ? new Response(kept.get(url)) : undefined
  },
  async delete() {
    kept.clear()
  },
}
Object.assign(globalThis, {
  self: scope,
  caches,
  location: new URL(FORM),
  fetch: async () => {
    if (network.fails) throw new TypeError('no network')
    return new Response('new')
  },
})
await import('../../public/service_worker.js')

/** @param {string[]} open */
async function click(...open) {
  done = []
  tabs = open
  /** @type {Promise<unknown>[]} */
  const waits = []
  listeners.get('notificationclick')?.({
    notification: { data: { url: JOB }, close: () => done.push('close') },
    waitUntil: (/** @type {Promise<unknown>} */ wait) => waits.push(wait),
  })
  assert.equal(waits.length, 1, 'the browser is told to wait until the tab is shown')
  await Promise.all(waits)
  return done
}

test('a click on a notification opens its job where no tab is open', async () => {
  assert.deepEqual(await click(), ['close', `open ${JOB}`])
})

test('a click leads an open tab to the job, and to the front', async () => {
  assert.deepEqual(await click(FORM), ['close', `focus ${FORM}`, `navigate ${FORM} to ${JOB}`])
})

test('a click takes the tab that shows the job already, not one with a form', async () => {
  assert.deepEqual(await click(FORM, JOB), ['close', `focus ${JOB}`, `navigate ${JOB} to ${JOB}`])
})

/**
 * What the page gets for an address; null: the browser's own answer.
 * @param {string} url
 * @returns {Promise<string | null>}
 */
async function load(url) {
  /** @type {Promise<Response> | null} */
  let answer = null
  /** @type {Promise<unknown>[]} */
  const waits = []
  listeners.get('fetch')?.({
    request: new Request(url),
    respondWith: (/** @type {Promise<Response>} */ response) => {
      answer = response
    },
    waitUntil: (/** @type {Promise<unknown>} */ wait) => waits.push(wait),
  })
  const text = answer && (await (await /** @type {Promise<Response>} */ (answer)).text())
  await Promise.all(waits)
  return text
}

const PAGE = 'https://site.example/'

/** @param {string | null} failure @param {{offline: boolean}} how */
function set(failure, { offline }) {
  cacheFailure = failure
  network.fails = offline
  kept.clear()
  kept.set(PAGE, 'old')
}

test('the network’s answer goes first, and is kept for a page without one', async () => {
  set(null, { offline: false })
  assert.equal(await load(PAGE), 'new')
  network.fails = true
  assert.equal(await load(PAGE), 'new')
})

for (const failure of ['QuotaExceededError', 'SecurityError', 'InvalidStateError', 'UnknownError'])
  test(`the network’s answer is given whatever the cache does: ${failure}`, async () => {
    set(failure, { offline: false })
    assert.equal(await load(PAGE), 'new')
  })

test('a full cache does not keep half a page', async () => {
  set('QuotaExceededError', { offline: false })
  await load(PAGE)
  assert.equal(kept.size, 0)
})

test('without network and cache the error is the network’s', async () => {
  set('SecurityError', { offline: true })
  await assert.rejects(load(PAGE), { message: 'no network' })
})

test('the functions’ answers pass by', async () => {
  set(null, { offline: false })
  assert.equal(await load(`${PAGE}api/check-video-status?jobId=J`), null)
  assert.equal(await load('https://store.example/video.mp4'), null)
})
