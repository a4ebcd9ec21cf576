/** One picture of a video, as a file. */

import { el } from './dom.js'
import { draw, jpeg } from './photo_encode.js'
import { newCanvas } from './photos.js'

/** How long a picture that was sought may take to come, in ms; then what is there is taken. */
const PATIENCE_MS = 1_000
/** A picture's time differs from the sought one by less, in seconds: no video has fewer than four a second. */
const NEAR = 0.25

/**
 * @param {string} url of a video that this page may read
 * @param {{at: (duration: number) => number, quality: number, longestEdge?: number}} wanted at: where in the
 *   video, in seconds; quality: of the JPEG, 0 to 1; longestEdge: in pixels, the video's own unless given
 * @returns {Promise<Blob>} JPEG. Rejected where the video's store does not let the page read it, or the browser
 *   cannot play it
 */
export async function pictureAt(url, { at, quality, longestEdge = Number.POSITIVE_INFINITY }) {
  const video = el('video', { crossorigin: 'anonymous', src: url, preload: 'auto', playsinline: true })
  video.muted = true
  try {
    await happened(video, 'loadeddata')
    const seconds = at(video.duration)
    const isThere = pictureComes(video, seconds)
    video.currentTime = seconds
    await happened(video, 'seeked')
    await isThere
    const whole = { x: 0, y: 0, width: video.videoWidth, height: video.videoHeight }
    return await jpeg(draw(video, whole, longestEdge, newCanvas), quality)
  } finally {
    // Nothing more of it is loaded.
    video.removeAttribute('src')
    video.load()
  }
}

/**
 * Wait until a picture can be drawn: browsers say that they have sought it some milliseconds before.
 * @param {HTMLVideoElement} video
 * @param {number} seconds where in the video
 * @returns {Promise<void>}
 */
function pictureComes(video, seconds) {
  return new Promise(resolve => {
    if (!('requestVideoFrameCallback' in video)) return resolve()
    setTimeout(resolve, PATIENCE_MS)
    const look = () =>
      video.requestVideoFrameCallback((_, { mediaTime }) =>
        Math.abs(mediaTime - seconds) < NEAR ? resolve() : look(),
      )
    look()
  })
}

/**
 * @param {HTMLVideoElement} video
 * @param {string} type
 */
function happened(video, type) {
  return new Promise((resolve, reject) => {
    video.addEventListener(type, resolve, { once: true })
    video.addEventListener('error', () => reject(new Error('the video cannot be played')), { once: true })
  })
}
