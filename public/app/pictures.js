/** Addresses under which the page shows a job's stored photos. */

/** @typedef {{startFrame: string | null, thumbnail: string | null, poster: string | null}} PictureUrls */

/** @type {PictureUrls} */
const NONE = { startFrame: null, thumbnail: null, poster: null }

/**
 * @param {{load: (key: string) => Promise<import('./job_store.js').Pictures>,
 *   keep: (key: string, poster: Blob) => Promise<void>, onLoad: () => void}} options
 */
export function createPictures({ load, keep, onLoad }) {
  /** @type {Map<string, PictureUrls>} */
  const urls = new Map()

  /** @param {string} key */
  async function read(key) {
    const { photos, thumbnail, poster } = await load(key)
    urls.set(key, { startFrame: url(photos[0]), thumbnail: url(thumbnail), poster: url(poster) })
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

    /**
     * Keep a picture of a job's video; where the browser will not, it is shown until the page is closed.
     * @param {string} key
     * @param {Blob} poster
     */
    async keepPoster(key, poster) {
      await keep(key, poster).catch(() => {})
      const known = urls.get(key)
      if (!known) return // it was removed meanwhile
      urls.set(key, { ...known, poster: url(poster) })
      onLoad()
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
