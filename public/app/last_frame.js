/** The last picture of a video, as a photo to go on from. */

import { pictureAt } from './video_picture.js'

/** How far before its end the last picture is looked for, in seconds: at the very end some browsers show none. */
const BEFORE_END = 0.02

/**
 * @param {string} url of a video that this page may read
 * @returns {Promise<Blob>} JPEG. Rejected where the video's store does not let the page read it, or the browser
 *   cannot play it
 */
export async function lastFrame(url) {
  // Not from the cache: what was fetched for playing alone came without the word that lets a page read it.
  const response = await fetch(url, { cache: 'no-store' })
  if (!response.ok) throw new Error(`the video was answered with ${response.status}`)
  const file = URL.createObjectURL(await response.blob())
  try {
    return await pictureAt(file, { at: duration => Math.max(0, duration - BEFORE_END), quality: 0.95 })
  } finally {
    URL.revokeObjectURL(file)
  }
}
