/** From any picture file to a photo that can be shown, cropped and sent: upright, JPEG, without metadata. */

import { isFaithful } from './canvas.js'
import { ownScript } from './own_scripts.js'
import { encodePart, preparePicture } from './photo_encode.js'

/**
 * @typedef {object} PreparedPhoto
 * @property {Blob} blob JPEG, uncropped
 * @property {Blob} thumbnail JPEG
 * @property {number} width
 * @property {number} height
 */

/**
 * hidden: the browser gives pages something else than they have drawn.
 * @typedef {'too-many' | 'heic' | 'unreadable' | 'hidden' | 'not-loaded'} PhotoProblem
 */
/**
 * not-decoded: not there, but perhaps in the page.
 * @typedef {{photo: PreparedPhoto} | {blob: Blob, thumbnail: Blob} | {problem: 'unreadable' | 'not-decoded'}} WorkerAnswer
 */

/** The brands in a HEIF file's first box. https://www.iana.org/assignments/media-types/image/heic */
const HEIC_BRANDS = ['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'mif1', 'mif2', 'msf1']
/** Those that say that it is an AVIF; mif1 and msf1 are of both. https://aomediacodec.github.io/av1-avif/#brands */
const AVIF_BRANDS = ['avif', 'avis']
/** Bytes that are written as base64 at a time: no call takes too many, and whole threes need no padding. */
const PIECE = 3 * 2 ** 13

/** How long the worker may take for one order, in ms: the largest photos take it seconds. */
const PATIENCE_MS = 60_000

/** @type {Worker | null} */
let worker = null
/** A worker has not answered: no other is tried. */
let isSilent = false

/**
 * @param {Blob} file
 * @returns {Promise<{photo: PreparedPhoto} | {problem: PhotoProblem}>}
 */
export async function preparePhoto(file) {
  const answer = await inWorker({ file })
  if ('photo' in answer) return answer
  if ('problem' in answer && answer.problem === 'unreadable') return { problem: 'unreadable' }
  if (!(await isFaithful(decodeInPage))) return { problem: 'hidden' }
  // Some browsers decode HEIC, or decode at all, only in an <img>.
  const photo = await preparePicture(file, decodeInPage).catch(() => 'cut')
  if (typeof photo === 'object') return { photo }
  // A folder, or a file that is gone, cannot even be read.
  return { problem: (await isHeic(file).catch(() => false)) ? 'heic' : 'unreadable' }
}

/**
 * What is sent of a prepared photo, and a thumbnail of that. The same photo and part always give the same bytes.
 * @param {Blob} photo
 * @param {import('./crop.js').Rect | null} part null: all of it
 * @param {number} budget bytes
 */
export async function partOf(photo, part, budget) {
  const answer = await inWorker({ photo, part, budget })
  if ('blob' in answer) return answer
  if (!(await isFaithful(decodeInPage))) throw new Error('this browser hides what is drawn')
  return encodePart(photo, part, budget, decodeInPage)
}

/**
 * @param {import('./photo_worker.js').Order} order
 * @returns {Promise<WorkerAnswer>}
 */
async function inWorker(order) {
  try {
    if (isSilent || typeof OffscreenCanvas === 'undefined') return { problem: 'not-decoded' }
    worker ??= new Worker(ownScript('/app/photo_worker.js'), { type: 'module' })
    return await answerOf(worker, order)
  } catch {
    // None is allowed, or it has failed, and is silent from then on.
    worker = null
    return { problem: 'not-decoded' }
  }
}

/**
 * @param {Worker} running
 * @param {import('./photo_worker.js').Order} order
 * @returns {Promise<WorkerAnswer>} rejected where it fails, or does not answer
 */
function answerOf(running, order) {
  return new Promise((resolve, reject) => {
    const { port1, port2 } = new MessageChannel()
    // First, as it throws where the browser cannot hand a photo over: then nothing is waited for.
    running.postMessage(order, [port2])
    port1.onmessage = ({ data }) => {
      clearTimeout(timer)
      port1.close()
      resolve(data)
    }
    const failed = () => {
      clearTimeout(timer)
      port1.close()
      reject(new Error('the worker has failed'))
    }
    running.addEventListener('error', failed, { once: true })
    const timer = setTimeout(() => {
      isSilent = true
      running.terminate()
      // All that wait for it wait in vain.
      running.dispatchEvent(new Event('error'))
    }, PATIENCE_MS)
  })
}

/** @param {Blob} file */
async function decodeInPage(file) {
  const url = URL.createObjectURL(file)
  try {
    const image = new Image()
    image.src = url
    await image.decode()
    return image
  } finally {
    URL.revokeObjectURL(url)
  }
}

/** @param {Blob} file */
async function isHeic(file) {
  const start = new Uint8Array(await file.slice(0, 1024).arrayBuffer())
  const box = start.subarray(4, 256 * (start[2] ?? 0) + (start[3] ?? 0))
  const [kind, ...brands] = new TextDecoder('latin1').decode(box).match(/.{4}/gs) ?? []
  const isOneOf = (/** @type {string[]} */ known) => brands.some(brand => known.includes(brand))
  return kind === 'ftyp' && isOneOf(HEIC_BRANDS) && !isOneOf(AVIF_BRANDS)
}

/**
 * A photo as the site takes it: `data:image/jpeg;base64,…`. Without FileReader, which Lockdown Mode takes away.
 * @param {Blob} blob
 * @returns {Promise<string>}
 */
export async function dataUrl(blob) {
  const bytes = new Uint8Array(await blob.arrayBuffer())
  let base64 = ''
  for (let at = 0; at < bytes.length; at += PIECE)
    base64 += btoa(String.fromCharCode(...bytes.subarray(at, at + PIECE)))
  return `data:${blob.type};base64,${base64}`
}
