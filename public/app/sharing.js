/** The share sheet of phones, from which a video is saved to the photos or sent on. */

/** The video that was fetched last: a second press shares it at once. @type {{url: string, file: File} | null} */
let fetched = null

/** @returns {boolean} whether this is a device on which people save through a share sheet */
export function canShareFiles() {
  const probe = new File([], 'video.mp4', { type: 'video/mp4' })
  return matchMedia('(pointer: coarse)').matches && (navigator.canShare?.({ files: [probe] }) ?? false)
}

/**
 * @param {string} url of the video
 * @param {string} name of the file
 * @returns {Promise<'done' | 'press again' | 'unreachable'>} press again: it took so long to fetch the video
 *   that the browser no longer counts the press; unreachable: the page may not read it
 */
export async function shareVideo(url, name) {
  try {
    if (fetched?.url !== url) {
      const response = await fetch(url)
      if (!response.ok) return 'unreachable'
      fetched = { url, file: new File([await response.blob()], name, { type: 'video/mp4' }) }
    }
  } catch {
    return 'unreachable'
  }
  try {
    await navigator.share({ files: [fetched.file] })
  } catch (error) {
    if (error instanceof DOMException && error.name === 'NotAllowedError') return 'press again'
  }
  return 'done'
}

/**
 * @param {string} url of a job
 * @returns {Promise<'done' | 'impossible'>} done: shared, or the person changed their mind
 */
export async function shareLink(url) {
  try {
    await navigator.share({ url })
  } catch (error) {
    if (!(error instanceof DOMException && error.name === 'AbortError')) return 'impossible'
  }
  return 'done'
}
