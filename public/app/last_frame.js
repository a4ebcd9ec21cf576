/** The last picture of a video, as a photo to go on from. */

import { el } from './dom.js'

/** How long a picture that was sought may take to come, in ms; then what is there is taken. */
const PATIENCE_MS = 1_000
/** A picture's time differs from the sought one by less, in seconds: no video has fewer than four a second. */
const NEAR = 0.25
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
    const video = el('video', { src: file, preload: 'auto', playsinline: true })
    video.muted = true
    await happened(video, 'loadeddata')
    const end = Math.max(0, video.duration - BEFORE_END)
    const isThere = pictureOf(video, end)
    video.currentTime = end
    await happened(video, 'seeked')
    await isThere
    const canvas = el('canvas', { width: video.videoWidth, height: video.videoHeight })
    canvas.getContext('2d')?.drawImage(video, 0, 0)
    return await new Promise((resolve, reject) => {
      canvas.toBlob(blob => (blob ? resolve(blob) : reject(new Error('no picture'))), 'image/jpeg', 0.95)
    })
  } finally {
    URL.revokeObjectURL(file)
  }
}

/**
 * Wait until a picture can be drawn: browsers say that they have sought it some milliseconds before.
 * @param {HTMLVideoElement} video
 * @param {number} seconds where in the video
 * @returns {Promise<void>}
 */
function pictureOf(video, seconds) {
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
