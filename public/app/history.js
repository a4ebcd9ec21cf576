/** Which jobs the list of this browser shows, and in which order. */

/** @typedef {import('./job.js').Job} Job */

/**
 * @param {Iterable<Job>} jobs
 * @param {{text: string, onlyFavorites: boolean}} wanted text: words that must all be there, in any order
 * @returns {Job[]} newest first
 */
export function matching(jobs, { text, onlyFavorites }) {
  const parts = plain(text).split(/\s+/).filter(Boolean)
  return [...jobs]
    .filter(({ prompt, isFavorite }) => {
      const own = plain(prompt)
      return (isFavorite || !onlyFavorites) && parts.every(part => own.includes(part))
    })
    .sort((one, other) => other.createdAt - one.createdAt)
}

/** A text without case and accents: who looks for a cafe means the café. @param {string} text */
function plain(text) {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()
}
