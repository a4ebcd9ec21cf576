/** Single pictures of a video, as JPEGs: the one that stands for it in the list, and its last, to go on from. */

import { draw, jpeg } from './canvas.js'
import { el } from './dom.js'

/** How long a picture that was sought may take to come, in ms; then what is there is taken. */
const PATIENCE_MS = 1_000
/** A picture's time differs from the sought one by less, in seconds: no video has fewer than four a second. */
const NEAR = 0.25
/** As large as a card of the list is on a screen of two pixels to one, in pixels. */
const LONGEST_EDGE = 640
/** How far before its end the last picture is looked for, in seconds: at the very end some browsers show none. */
const BEFORE_END = 0.02

/**
 * @param {import('./job.js').Job} job whose video has just been shown
 * @returns {Promise<Blob | null>} from the middle of the video: it begins with the photo, which is known. Null
 *   where the page may not read the video
 */
export async function posterOf({ status }) {
  // Not the address that plays: what the browser keeps of it came without the word that lets a page read it.
  const url = status?.downloadUrl
  if (!url) return null
  try {
    return await pictureAt(url, { at: duration => duration / 2, quality: 0.8, longestEdge: LONGEST_EDGE })
  } catch {
    return null
  }
}

/**
 * @param {string} url of a video that this page may read
 * @returns {Promise<Blob>} rejected where the video's store does not let the page read it, or the browser cannot play
 *   it
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

/**
 * @param {string} url
 * @param {{at: (duration: number) => number, quality: number, longestEdge?: number}} wanted at: where in the
 *   video, in seconds; quality: of the JPEG, 0 to 1; longestEdge: in pixels, the video's own unless given
 * @returns {Promise<Blob>}
 */
async function pictureAt(url, { at, quality, longestEdge = Number.POSITIVE_INFINITY }) {
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
    return await jpeg(draw(video, whole, longestEdge), quality)
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
