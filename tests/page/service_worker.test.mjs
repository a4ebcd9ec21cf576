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
  navigator: { language: 'en-GB' },
  registration: {
    showNotification: async (/** @type {string} */ title, /** @type {any} */ { tag, data }) =>
      done.push(`show ${title}, ${tag}, ${data.url}`),
  },
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
      put: async (/** @type {Request | string} */ request, /** @type {Response} */ response) => {
        await failing()
        kept.set(typeof request === 'string' ? request : request.url, await response.text())
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

const JOB_ID = 'AAAAAAAAAAAAAAAAAAAAAA'

/** @param {object} message @param {string} language */
async function push(message, language) {
  done = []
  scope.navigator.language = language
  /** @type {Promise<unknown>[]} */
  const waits = []
  listeners.get('push')?.({
    data: { json: () => message },
    waitUntil: (/** @type {Promise<unknown>} */ wait) => waits.push(wait),
  })
  await Promise.all(waits)
  return done
}

test('a push is shown in the person’s language, and leads to the job', async () => {
  const ready = { jobId: JOB_ID, status: 'completed' }
  assert.deepEqual(await push(ready, 'en-GB'), [`show Your video is ready, ${JOB_ID}, ${JOB}`])
  assert.deepEqual(await push(ready, 'de-AT'), [`show Dein Video ist fertig, ${JOB_ID}, ${JOB}`])
  for (const status of ['failed', 'canceled', 'later'])
    assert.deepEqual(await push({ ...ready, status }, 'fr'), [
      `show Your video could not be made, ${JOB_ID}, ${JOB}`,
    ])
})

test('a push says what the page’s own words say', async () => {
  Object.defineProperty(globalThis, 'navigator', { value: { languages: [] }, configurable: true })
  for (const language of ['en', 'de']) {
    const { default: words } = await import(`../../public/app/job_words/${language}.js`)
    const ready = await push({ jobId: JOB_ID, status: 'completed' }, language)
    const ended = await push({ jobId: JOB_ID, status: 'failed' }, language)
    assert.match(String(ready), new RegExp(words.notification.ready))
    assert.match(String(ended), new RegExp(words.notification.ended))
  }
})

test('photos from another app are laid by, and the form is opened', async () => {
  set(null, { offline: false })
  const body = new FormData()
  body.append('photos', new File(['photo'], 'a lake.jpg', { type: 'image/jpeg' }))
  body.append('photos', 'no file')
  /** @type {Promise<Response> | null} */
  let answer = null
  const redirect = Response.redirect
  Response.redirect = (url, status) =>
    new Response(null, { status: status ?? 302, headers: { location: String(url) } })
  listeners.get('fetch')?.({
    request: new Request('https://site.example/share', { method: 'POST', body }),
    respondWith: (/** @type {Promise<Response>} */ response) => {
      answer = response
    },
  })
  const response = await /** @type {any} */ (answer)
  Response.redirect = redirect
  assert.deepEqual([response.status, response.headers.get('location')], [303, '/?shared'])
  assert.equal(kept.get('/shared/0/a%20lake.jpg'), 'photo')
  assert.equal([...kept.keys()].filter(key => key.startsWith('/shared')).length, 1)
})
