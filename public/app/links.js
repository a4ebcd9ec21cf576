/** The address of a job on the page: what stands in it behind the `#`. */

/** @typedef {import('./job.js').Job} Job */

/** Messengers write the plus otherwise, and take what stands behind a link for part of it. */
const BY_ID = /^#([A-Za-z0-9_-]{22})(?![A-Za-z0-9])((?:\+|%2B|%20)text)?/i
const BY_KEY = /^#~([0-9a-f]{32})$/

/**
 * Until the site has given a job its id, its address has the key by which this browser knows it.
 * @param {Pick<Job, 'jobId' | 'key'>} job
 */
export function linkTo({ jobId, key }) {
  return jobId ? `#${jobId}` : `#~${key}`
}

/** @param {Job} job */
export function permalink(job) {
  return new URL(linkTo(job), location.href).href
}

/**
 * What an address leads to; neither id nor key where it is no job's.
 * @param {string} hash
 * @returns {{jobId: string | null, key: string | null, showsText: boolean}} showsText: the maker of the link lets
 *   others read the job's text
 */
export function readLink(hash) {
  const [, jobId = null, text] = BY_ID.exec(hash) ?? []
  return { jobId, key: BY_KEY.exec(hash)?.[1] ?? null, showsText: text !== undefined }
}
