/** Addresses under which the page shows a job's stored photos. */

/** @typedef {{startFrame: string | null, thumbnail: string | null}} PictureUrls */

/** @type {PictureUrls} */
const NONE = { startFrame: null, thumbnail: null }

/**
 * @param {{load: (key: string) => Promise<import('./job_store.js').Pictures>, onLoad: () => void}} options
 */
export function createPictures({ load, onLoad }) {
  /** @type {Map<string, PictureUrls>} */
  const urls = new Map()

  /** @param {string} key */
  async function read(key) {
    const { photos, thumbnail } = await load(key)
    urls.set(key, { startFrame: url(photos[0]), thumbnail: url(thumbnail) })
    onLoad()
  }

  return {
    /**
     * The addresses of a job's pictures; none until they are read.
     * @param {string} key
     */
    of(key) {
      if (!urls.has(key)) {
        urls.set(key, NONE)
        void read(key)
      }
      return urls.get(key) ?? NONE
    },

    /** @param {string} key */
    release(key) {
      for (const one of Object.values(urls.get(key) ?? NONE)) if (one) URL.revokeObjectURL(one)
      urls.delete(key)
    },
  }
}

/** @param {Blob | null | undefined} blob */
function url(blob) {
  return blob ? URL.createObjectURL(blob) : null
}

/** @typedef {ReturnType<typeof createPictures>} JobPictures */
