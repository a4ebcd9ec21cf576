/** The picture that stands for a video in the list. */

import { pictureAt } from './video_picture.js'

/** As large as a card is on a screen of two pixels to one, in pixels. */
const LONGEST_EDGE = 640
const QUALITY = 0.8

/**
 * @param {import('./job.js').Job} job whose video has just been shown
 * @returns {Promise<Blob | null>} from the middle of the video: it begins with the photo, which is known. Null
 *   where the page may not read the video
 */
export async function posterOf({ status }) {
  // Not the address that plays: what the browser keeps of it came without the word that lets a page read it.
  const url = status?.downloadUrl
  if (!url) return null
  return pictureAt(url, { at: duration => duration / 2, quality: QUALITY, longestEdge: LONGEST_EDGE }).catch(
    () => null,
  )
}
