/** The jobs of this browser, and the photos of each, in IndexedDB. */

import { connect, finished, result } from './database.js'

/** @typedef {import('./job.js').Job} Job */

/**
 * @typedef {object} Pictures
 * @property {Blob[]} photos as they are uploaded; the first is the start frame
 * @property {Blob | null} thumbnail
 * @property {Blob | null} [poster] of the video; none until it was shown here
 * @property {Blob[]} [sources] the photos as they were before the start frame was cropped; none in older jobs
 * @property {number | null} [position] where the crop lay
 */

/**
 * Every promise may be rejected: a browser can take its database away at any moment.
 * @typedef {object} JobStore
 * @property {() => Promise<Job[]>} all
 * @property {(key: string) => Promise<Job | undefined>} get
 * @property {(job: Job, pictures: Pictures) => Promise<void>} add in place of the draft of this key; resolves
 *   when it is on disk
 * @property {(key: string, change: (job: Job) => Job) => Promise<Job | undefined>} update reads, changes and
 *   writes in one step, so that tabs do not undo each other's; undefined where the job is gone
 * @property {(key: string) => Promise<Pictures>} pictures
 * @property {(key: string, poster: Blob) => Promise<void>} keepPoster nothing where the pictures were dropped
 * @property {(key: string) => Promise<void>} dropPictures
 * @property {(key: string) => Promise<void>} remove
 */

const ALL_STORES = ['jobs', 'pictures', 'drafts', 'draftPhotos']
/** @type {Pictures} */
export const NO_PICTURES = { photos: [], thumbnail: null }

/** A draft's photos lie under [its key, a number]. @param {string} key */
const photosOfDraft = key => IDBKeyRange.bound([key], [key, Number.POSITIVE_INFINITY])

/**
 * @param {import('./database.js').Connection} [connection]
 * @returns {JobStore}
 */
export function openJobStore({ use } = connect()) {
  /**
   * @template T
   * @param {string} name
   * @param {(store: IDBObjectStore) => IDBRequest<T>} ask
   */
  const read = (name, ask) => use(database => result(ask(database.transaction(name).objectStore(name))))
  /**
   * 'strict': the write is on the disk, not only with the system, before anything is sent.
   * @template T
   * @param {string[]} stores
   * @param {(transaction: IDBTransaction) => T | Promise<T>} work
   * @returns {Promise<T>}
   */
  const write = (stores, work) =>
    use(async database => {
      const transaction = database.transaction(stores, 'readwrite', { durability: 'strict' })
      const done = finished(transaction)
      // An abort is told below, and not a second time as a rejection that nobody handles.
      done.catch(() => {})
      const value = await work(transaction)
      await done
      return value
    })
  return {
    all: () => read('jobs', jobs => jobs.getAll()),
    get: key => read('jobs', jobs => jobs.get(key)),
    pictures: async key => (await read('pictures', pictures => pictures.get(key))) ?? NO_PICTURES,
    add: (job, pictures) =>
      write(ALL_STORES, transaction => {
        transaction.objectStore('jobs').put(job)
        transaction.objectStore('pictures').put(pictures, job.key)
        dropDraft(transaction, job.key)
      }),
    update: (key, change) =>
      write(['jobs'], async transaction => {
        const jobs = transaction.objectStore('jobs')
        const job = /** @type {Job | undefined} */ (await result(jobs.get(key)))
        const changed = job && change(job)
        if (changed) jobs.put(changed)
        return changed
      }),
    keepPoster: (key, poster) =>
      write(['pictures'], async transaction => {
        const all = transaction.objectStore('pictures')
        const pictures = /** @type {Pictures | undefined} */ (await result(all.get(key)))
        if (pictures) all.put({ ...pictures, poster }, key)
      }),
    dropPictures: key =>
      write(['pictures'], transaction => {
        transaction.objectStore('pictures').delete(key)
      }),
    remove: key =>
      write(ALL_STORES, transaction => {
        transaction.objectStore('jobs').delete(key)
        transaction.objectStore('pictures').delete(key)
        dropDraft(transaction, key)
      }),
  }
}

/**
 * @param {IDBTransaction} transaction
 * @param {string} key
 */
function dropDraft(transaction, key) {
  transaction.objectStore('drafts').delete(key)
  transaction.objectStore('draftPhotos').delete(photosOfDraft(key))
}
