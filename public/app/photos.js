/** From any picture file to a photo that can be uploaded: upright, at most 1920 px, JPEG, without metadata. */

import { encodePhoto } from './photo_encode.js'

/**
 * @typedef {object} PreparedPhoto
 * @property {Blob} blob JPEG
 * @property {Blob} thumbnail JPEG
 * @property {number} width
 * @property {number} height
 */

/** @typedef {'too-many' | 'too-large' | 'heic' | 'unreadable' | 'not-loaded'} PhotoProblem */
/** @typedef {{photo: PreparedPhoto} | {problem: 'too-large' | 'unreadable'}} WorkerAnswer */

/** The brands in a HEIF file's first box. https://www.iana.org/assignments/media-types/image/heic */
const HEIC_BRANDS = ['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'mif1', 'msf1']

/** @type {Worker | null} */
let worker = null

/**
 * @param {Blob} file
 * @param {number} budget bytes that the result may have
 * @returns {Promise<{photo: PreparedPhoto} | {problem: PhotoProblem}>}
 */
export async function preparePhoto(file, budget) {
  const answer = await inWorker(file, budget)
  if ('photo' in answer || answer.problem === 'too-large') return answer
  // Some browsers decode HEIC, or decode at all, only in an <img>.
  const second = await inPage(file, budget)
  if ('photo' in second || second.problem === 'too-large') return second
  return { problem: (await isHeic(file)) ? 'heic' : 'unreadable' }
}

/**
 * @param {Blob} file
 * @param {number} budget
 * @returns {Promise<WorkerAnswer>}
 */
function inWorker(file, budget) {
  if (typeof OffscreenCanvas === 'undefined') return Promise.resolve({ problem: 'unreadable' })
  worker ??= new Worker(new URL('./photo_worker.js', import.meta.url), { type: 'module' })
  const running = worker
  return new Promise(resolve => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = ({ data }) => {
      port1.close()
      resolve(data)
    }
    running.addEventListener('error', () => resolve({ problem: 'unreadable' }), { once: true })
    running.postMessage({ file, budget }, [port2])
  })
}

/**
 * @param {Blob} file
 * @param {number} budget
 * @returns {Promise<WorkerAnswer>}
 */
async function inPage(file, budget) {
  const url = URL.createObjectURL(file)
  try {
    const image = new Image()
    image.src = url
    await image.decode()
    const size = { width: image.naturalWidth, height: image.naturalHeight }
    const newCanvas = (/** @type {number} */ width, /** @type {number} */ height) =>
      Object.assign(document.createElement('canvas'), { width, height })
    const photo = await encodePhoto(image, size, newCanvas, budget)
    return photo ? { photo } : { problem: 'too-large' }
  } catch {
    return { problem: 'unreadable' }
  } finally {
    URL.revokeObjectURL(url)
  }
}

/** @param {Blob} file */
async function isHeic(file) {
  const start = new TextDecoder('latin1').decode(await file.slice(0, 12).arrayBuffer())
  return start.slice(4, 8) === 'ftyp' && HEIC_BRANDS.includes(start.slice(8, 12))
}

/**
 * A photo as the site takes it: `data:image/jpeg;base64,…`.
 * @param {Blob} blob
 * @returns {Promise<string>}
 */
export function dataUrl(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader()
    reader.onload = () => resolve(/** @type {string} */ (reader.result))
    reader.onerror = () => reject(reader.error)
    reader.readAsDataURL(blob)
  })
}
