import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { forgetDevice } from '../../public/app/forget.js'
import { isAccessCodeRemembered, keepAccessCode, keptAccessCode } from '../../public/app/preferences.js'

/** A storage whose entries are its own properties, as a browser's are. @returns {any} */
function fakeStorage() {
  /** @type {Record<string, string>} */
  const storage = {}
  const methods = {
    getItem: (/** @type {string} */ name) => storage[name] ?? null,
    removeItem: (/** @type {string} */ name) => delete storage[name],
    setItem(/** @type {string} */ name, /** @type {string} */ value) {
      storage[name] = value
    },
  }
  return Object.setPrototypeOf(storage, methods)
}

/** What the browser keeps, by the names of what keeps it. */
let kept = /** @type {Record<string, any>} */ ({})
const NAMES = ['localStorage', 'sessionStorage', 'caches', 'indexedDB', 'navigator']
const real = Object.fromEntries(NAMES.map(name => [name, Object.getOwnPropertyDescriptor(globalThis, name)]))

beforeEach(() => {
  const cleared = new Set()
  const ended = new Set()
  const names = new Set(['videogen-page', 'videogen-shared', 'another-app'])
  kept = { localStorage: fakeStorage(), sessionStorage: fakeStorage(), names, cleared, ended }
  put('localStorage', kept.localStorage)
  put('sessionStorage', kept.sessionStorage)
  put('caches', {
    keys: async () => [...names],
    delete: async (/** @type {string} */ name) => names.delete(name),
  })
  put('indexedDB', { open: () => later({ result: databaseOf(cleared) }, 'onsuccess') })
  const subscription = { unsubscribe: async () => ended.add('subscription') }
  const registration = {
    pushManager: { getSubscription: async () => subscription },
    unregister: async () => ended.add('service worker'),
  }
  put('navigator', { serviceWorker: { getRegistration: async () => registration } })
})

afterEach(() => {
  for (const [name, descriptor] of Object.entries(real))
    if (descriptor) Object.defineProperty(globalThis, name, descriptor)
    else delete (/** @type {any} */ (globalThis)[name])
})

/**
 * @param {string} name
 * @param {unknown} value an accessor's error, where it is one
 */
function put(name, value) {
  const get = () => {
    if (value instanceof Error) throw value
    return value
  }
  Object.defineProperty(globalThis, name, { configurable: true, get })
}

/**
 * @param {any} request
 * @param {string} event
 */
function later(request, event) {
  queueMicrotask(() => request[event]())
  return request
}

/** @param {Set<string>} cleared */
function databaseOf(cleared) {
  const objectStore = (/** @type {string} */ name) => ({ clear: () => cleared.add(name) })
  return {
    objectStoreNames: ['jobs', 'pictures', 'drafts', 'draftPhotos'],
    transaction: () => later({ objectStore }, 'oncomplete'),
  }
}

test('all that the page has kept is forgotten, and nothing of another app', async () => {
  keepAccessCode('sesame', true)
  kept.localStorage.setItem('another-app', 'stays')

  assert.equal(await forgetDevice(), true)

  assert.deepEqual(Object.entries(kept.localStorage), [['another-app', 'stays']])
  assert.deepEqual(Object.entries(kept.sessionStorage), [])
  assert.deepEqual([...kept.names], ['another-app'])
  assert.deepEqual([...kept.cleared], ['jobs', 'pictures', 'drafts', 'draftPhotos'])
  assert.deepEqual([...kept.ended], ['subscription', 'service worker'])
})

for (const denied of ['indexedDB', 'caches', 'localStorage'])
  test(`where ${denied} is denied it says so, and forgets all else`, async () => {
    keepAccessCode('sesame', false)
    put(denied, new DOMException('', 'SecurityError'))

    assert.equal(await forgetDevice(), false)

    assert.equal(kept.ended.size, 2)
    assert.deepEqual(Object.entries(kept.sessionStorage), [])
  })

test('a browser without a service worker has forgotten as well', async () => {
  put('navigator', {})
  assert.equal(await forgetDevice(), true)
})

test('an access code stays with its tab unless it is to be remembered', () => {
  keepAccessCode('sesame', false)
  assert.deepEqual([keptAccessCode(), isAccessCodeRemembered()], ['sesame', false])
  put('sessionStorage', fakeStorage())
  assert.equal(keptAccessCode(), '')

  keepAccessCode('sesame', true)
  put('sessionStorage', fakeStorage())
  assert.deepEqual([keptAccessCode(), isAccessCodeRemembered()], ['sesame', true])

  keepAccessCode('sesame', false)
  assert.equal(kept.localStorage.getItem('videogen-access-code'), null)
})
