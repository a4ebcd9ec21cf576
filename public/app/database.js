/** This browser's database: what the form holds, the jobs, and the photos of both. */

import { clock as realClock } from './clock.js'

const DATABASE = 'videogen'
const VERSION = 2
/** @type {Record<string, IDBObjectStoreParameters>} */
const STORES = { jobs: { keyPath: 'key' }, pictures: {}, drafts: { keyPath: 'key' }, draftPhotos: {} }
/** So long a silence means that the database is lost, in ms. */
const SILENCE_MS = 3_000

/**
 * @template T
 * @typedef {(database: IDBDatabase) => Promise<T>} Work
 */

/** @typedef {{use: <T>(work: Work<T>) => Promise<T>}} Connection */

/**
 * A connection that is opened when it is used, and again where the browser has cut it.
 * @param {{open?: () => Promise<IDBDatabase>, clock?: import('./clock.js').Clock}} [parts]
 * @returns {Connection}
 */
export function connect({ open = openDatabase, clock = realClock } = {}) {
  /** @type {Promise<IDBDatabase> | null} */
  let opened = null

  /**
   * @template T
   * @param {Work<T>} work
   */
  async function attempt(work) {
    opened ??= open()
    const own = opened
    const drop = () => {
      if (opened === own) opened = null
    }
    try {
      return await inTime(
        own.then(database => {
          database.onclose = drop
          return work(database)
        }),
        clock,
      )
    } catch (error) {
      drop()
      own.then(database => database.close()).catch(() => {})
      throw error
    }
  }

  return {
    async use(work) {
      const isFirst = opened === null
      try {
        return await attempt(work)
      } catch (error) {
        // A connection that was just opened is not a cut one, and a silent one would only be silent again.
        if (isFirst || error instanceof Silence) throw error
        return attempt(work)
      }
    },
  }
}

class Silence extends Error {}

/**
 * @template T
 * @param {Promise<T>} promise
 * @param {import('./clock.js').Clock} clock
 * @param {number} [ms]
 * @returns {Promise<T>}
 */
export function inTime(promise, clock, ms = SILENCE_MS) {
  return new Promise((resolve, reject) => {
    const timer = clock.setTimeout(() => reject(new Silence('the database does not answer')), ms)
    promise.then(resolve, reject).finally(() => clock.clearTimeout(timer))
  })
}

/** @returns {Promise<IDBDatabase>} */
export function openDatabase() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, VERSION)
    request.onupgradeneeded = () => {
      const { result: database } = request
      for (const [name, options] of Object.entries(STORES))
        if (!database.objectStoreNames.contains(name)) database.createObjectStore(name, options)
    }
    request.onsuccess = () => {
      // A page of a newer version in another tab must not wait for this one.
      request.result.onversionchange = () => request.result.close()
      resolve(request.result)
    }
    request.onerror = () => reject(request.error)
    request.onblocked = () => reject(new Error('an older page holds the database'))
  })
}

/**
 * A name for one press of Generate: 128 random bits, so that nobody can guess the job that follows from it.
 */
export function newKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))]
    .map(byte => byte.toString(16).padStart(2, '0'))
    .join('')
}

/**
 * @template T
 * @param {IDBRequest<T>} request
 * @returns {Promise<T>}
 */
export function result(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
}

/**
 * @param {IDBTransaction} transaction
 * @returns {Promise<void>}
 */
export function finished(transaction) {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve()
    transaction.onabort = () => reject(transaction.error)
  })
}
