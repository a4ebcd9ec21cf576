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
Object.assign(globalThis, { self: scope })
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
