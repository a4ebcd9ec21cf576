/**
 * What becomes of a video that does not play. Its link may have expired, so it gets a new one; a video that the
 * browser cannot play, or that the store refuses, would ask for ever.
 */

/** A second break within this time is not the link's age, in ms. */
const PAUSE_MS = 5 * 60_000

/**
 * @param {{clock: import('./clock.js').Clock, renew: (key: string) => void}} options renew: get a job's video a new link
 */
export function createPlayback({ clock, renew }) {
  /** When each job's link was renewed last for breaking, and which. @type {Map<string, {at: number, url: string | null}>} */
  const renewals = new Map()
  /** @type {Set<string>} */
  const unplayable = new Set()

  return {
    /**
     * A job's video has stopped, or did not begin.
     * @param {string} key
     * @param {string | null} url
     */
    broke(key, url) {
      const last = renewals.get(key)
      if (last && clock.monotonic() - last.at < PAUSE_MS) unplayable.add(key)
      else {
        renewals.set(key, { at: clock.monotonic(), url })
        renew(key)
      }
    },

    /**
     * The site has given a job's link; if it is the broken one, it has no other.
     * @param {string} key
     * @param {string | null} url
     */
    answered(key, url) {
      if (renewals.get(key)?.url === url) unplayable.add(key)
    },

    /** Whether there is no more to try than to download the video. @param {string} key */
    isUnplayable: key => unplayable.has(key),

    /** Let each video be tried again: the job is opened anew, or the network has come back. */
    reset() {
      renewals.clear()
      unplayable.clear()
    },
  }
}
