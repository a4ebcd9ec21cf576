/**
 * What the form holds, kept in this browser from the first photo or letter on, so that a reload or a crash
 * loses nothing of it; a press of Generate is kept too, and goes on where it stood.
 *
 * Photos are kept as the person gave them, at once: preparing them may take a while. Each form holds a lock
 * named after its draft, so that another tab takes a draft over only when its own tab is gone.
 */

import { connect, finished, newKey, result } from './database.js'
import { exclusively, locks } from './locks.js'

/**
 * @typedef {object} Content
 * @property {string} prompt
 * @property {import('./crop.js').AspectRatio | null} chosenRatio
 * @property {number | null} [position] of the crop
 * @property {string | null} model
 * @property {boolean} isPressed Generate has been pressed
 * @property {{id: number, file: File, isPrepared: boolean}[]} photos
 * @property {boolean} [isPart] some of its photos could not be kept
 */

/** @typedef {Omit<Content, 'photos' | 'isPart'> & {key: string, photos: number[]}} Record as it is stored */

export function createDrafts() {
  let key = newKey()
  /** Whether the form holds anything. */
  let isBegun = false
  /** Which photos lie in the database. @type {Set<number>} */
  let stored = new Set()
  let release = () => {}
  const { use } = connect()

  /**
   * Hold a draft's lock until `release`, once it is free.
   * @param {string} draft
   * @param {() => Promise<boolean>} begin whether it is to be held
   */
  async function hold(draft, begin) {
    const held = async () => {
      if (await begin()) await new Promise(resolve => (release = () => resolve(undefined)))
    }
    await exclusively(locks(), `videogen-draft-${draft}`, held)
  }

  function leave() {
    const hadContent = isBegun
    release()
    release = () => {}
    isBegun = false
    key = newKey()
    stored = new Set()
    return hadContent
  }

  return {
    /** The key under which the form's content is sent. */
    get key() {
      return key
    },

    /**
     * Go on with another draft: a job took this one's place, or it stays.
     * @returns {boolean} whether it held anything
     */
    leave,

    /**
     * Keep the form as it stands. Browsers that keep nothing lose it with the page, as they always did.
     * @param {Content} content
     */
    async keep({ photos, ...text }) {
      const hasContent = photos.length > 0 || text.prompt !== ''
      if (!hasContent && !isBegun) return
      const own = key
      if (!isBegun) void hold(own, async () => key === own)
      isBegun = true
      const added = photos.filter(({ id }) => !stored.has(id))
      const removed = [...stored].filter(id => !photos.some(photo => photo.id === id))
      stored = new Set(photos.map(({ id }) => id))
      if (!hasContent) leave()
      try {
        await use(database => {
          const transaction = database.transaction(['drafts', 'draftPhotos'], 'readwrite')
          const drafts = transaction.objectStore('drafts')
          const draftPhotos = transaction.objectStore('draftPhotos')
          for (const { id, file, isPrepared } of added) draftPhotos.put({ file, isPrepared }, [own, id])
          for (const id of removed) draftPhotos.delete([own, id])
          if (hasContent) drafts.put({ ...text, key: own, photos: photos.map(({ id }) => id) })
          else drafts.delete(own)
          transaction.commit()
          return finished(transaction)
        })
      } catch {
        // The form works the same until it is closed.
      }
    },

    /**
     * Take up what was left: one draft, a pressed one first.
     * @param {(content: Content) => void} take
     * @param {(draft: {isPressed: boolean}) => boolean} [isWanted] all of them are, unless this says otherwise
     */
    async restore(take, isWanted = () => true) {
      const found = await use(database =>
        result(database.transaction('drafts').objectStore('drafts').getAll()),
      ).catch(() => [])
      const records = /** @type {Record[]} */ (found)
        .filter(isWanted)
        .sort((a, b) => +b.isPressed - +a.isPressed)
      for (const record of records) {
        void hold(record.key, async () => {
          // Read only now: its own tab may have sent it meanwhile, and here the person may have begun another.
          const content = await use(database => read(database, record.key)).catch(() => null)
          if (!content || isBegun) return false
          isBegun = true
          key = record.key
          stored = new Set(content.photos.map(({ id }) => id))
          take(content)
          return true
        })
      }
    },
  }
}

/** @typedef {ReturnType<typeof createDrafts>} Drafts */

/**
 * @param {IDBDatabase} database
 * @param {string} key
 * @returns {Promise<Content | null>} null where it is there no more
 */
async function read(database, key) {
  const transaction = database.transaction(['drafts', 'draftPhotos'])
  const record = /** @type {Record | undefined} */ (await result(transaction.objectStore('drafts').get(key)))
  if (!record) return null
  const draftPhotos = transaction.objectStore('draftPhotos')
  const photos = await Promise.all(
    record.photos.map(async id => ({ id, ...(await result(draftPhotos.get([key, id]))) })),
  )
  const found = photos.filter(({ file }) => file)
  return { ...record, photos: found, isPart: found.length < photos.length }
}
