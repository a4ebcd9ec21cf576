/** This browser's database: what the form holds, the jobs, and the photos of both. */

const DATABASE = 'videogen'
const VERSION = 2
/** @type {Record<string, IDBObjectStoreParameters>} */
const STORES = { jobs: { keyPath: 'key' }, pictures: {}, drafts: { keyPath: 'key' }, draftPhotos: {} }

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
