/** The last picture of a video, as a photo to go on from. */

import { el } from './dom.js'

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
    video.currentTime = Math.max(0, video.duration - BEFORE_END)
    await happened(video, 'seeked')
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
 * @param {HTMLVideoElement} video
 * @param {string} type
 */
function happened(video, type) {
  return new Promise((resolve, reject) => {
    video.addEventListener(type, resolve, { once: true })
    video.addEventListener('error', () => reject(new Error('the video cannot be played')), { once: true })
  })
}
