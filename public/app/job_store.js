/**
 * The jobs of this browser, and the photos of each, in IndexedDB. What the browser will not keep (some
 * private windows, a full disk) is kept in memory: the page works the same until it is closed.
 */

import { finished, openDatabase, result } from './database.js'

/** @typedef {import('./job.js').Job} Job */

/**
 * @typedef {object} Pictures
 * @property {Blob[]} photos as they are uploaded; the first is the start frame
 * @property {Blob | null} thumbnail
 */

/**
 * @typedef {object} JobStore
 * @property {() => Promise<Job[]>} all
 * @property {(key: string) => Promise<Job | undefined>} get
 * @property {(job: Job, pictures: Pictures) => Promise<void>} add in place of the draft of this key; resolves
 *   when it is on disk
 * @property {(key: string, change: (job: Job) => Job) => Promise<Job | undefined>} update reads, changes and
 *   writes in one step, so that tabs do not undo each other's; undefined where the job is gone
 * @property {(key: string) => Promise<Pictures>} pictures
 * @property {(key: string) => Promise<void>} dropPictures
 * @property {(key: string) => Promise<void>} remove
 */

/** @type {Pictures} */
const NO_PICTURES = { photos: [], thumbnail: null }

/** A draft's photos lie under [its key, a number]. @param {string} key */
const photosOfDraft = key => IDBKeyRange.bound([key], [key, Number.POSITIVE_INFINITY])

/** @returns {Promise<{store: JobStore, isLasting: boolean}>} */
export async function openJobStore() {
  try {
    return { store: withOverflow(inDatabase(await openDatabase()), inMemory()), isLasting: true }
  } catch {
    return { store: inMemory(), isLasting: false }
  }
}

/**
 * @param {IDBDatabase} database
 * @returns {JobStore}
 */
function inDatabase(database) {
  const read = (/** @type {string} */ name) => database.transaction(name).objectStore(name)
  // 'strict': the write is on the disk, not only with the system, before anything is sent.
  const write = (/** @type {string[]} */ ...stores) =>
    database.transaction(['jobs', 'pictures', ...stores], 'readwrite', { durability: 'strict' })
  return {
    all: () => result(read('jobs').getAll()),
    get: key => result(read('jobs').get(key)),
    pictures: async key => (await result(read('pictures').get(key))) ?? NO_PICTURES,
    add(job, pictures) {
      const transaction = write('drafts', 'draftPhotos')
      transaction.objectStore('jobs').put(job)
      transaction.objectStore('pictures').put(pictures, job.key)
      dropDraft(transaction, job.key)
      return finished(transaction)
    },
    async update(key, change) {
      const transaction = write()
      const jobs = transaction.objectStore('jobs')
      const job = /** @type {Job | undefined} */ (await result(jobs.get(key)))
      const changed = job && change(job)
      if (changed) jobs.put(changed)
      await finished(transaction)
      return changed
    },
    dropPictures(key) {
      const transaction = write()
      transaction.objectStore('pictures').delete(key)
      return finished(transaction)
    },
    remove(key) {
      const transaction = write('drafts', 'draftPhotos')
      transaction.objectStore('jobs').delete(key)
      transaction.objectStore('pictures').delete(key)
      dropDraft(transaction, key)
      return finished(transaction)
    },
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

/** @returns {JobStore} */
function inMemory() {
  /** @type {Map<string, {job: Job, pictures: Pictures}>} */
  const entries = new Map()
  return {
    all: async () => [...entries.values()].map(({ job }) => job),
    get: async key => entries.get(key)?.job,
    pictures: async key => entries.get(key)?.pictures ?? NO_PICTURES,
    async add(job, pictures) {
      entries.set(job.key, { job, pictures })
    },
    async update(key, change) {
      const entry = entries.get(key)
      if (!entry) return undefined
      const job = change(entry.job)
      entries.set(key, { ...entry, job })
      return job
    },
    async dropPictures(key) {
      const entry = entries.get(key)
      if (entry) entries.set(key, { ...entry, pictures: NO_PICTURES })
    },
    async remove(key) {
      entries.delete(key)
    },
  }
}

/**
 * A store that takes into `memory` what `database` refuses. Such a job's draft stays in the database, pressed:
 * the next page sends it again with the same key, and so finds the job.
 * @param {JobStore} database
 * @param {JobStore} memory
 * @returns {JobStore}
 */
function withOverflow(database, memory) {
  const home = async (/** @type {string} */ key) => ((await memory.get(key)) ? memory : database)
  return {
    all: async () => [...(await database.all()), ...(await memory.all())],
    add: (job, pictures) => database.add(job, pictures).catch(() => memory.add(job, pictures)),
    get: async key => (await home(key)).get(key),
    update: async (key, change) => (await home(key)).update(key, change),
    pictures: async key => (await home(key)).pictures(key),
    dropPictures: async key => (await home(key)).dropPictures(key),
    async remove(key) {
      await memory.remove(key)
      await database.remove(key)
    },
  }
}
