/** Decodes and re-encodes photos beside the page, so that a 48-megapixel one does not freeze it. */

import { isFaithful } from './canvas.js'
import { encodePart, preparePicture } from './photo_encode.js'

/** Formats of which every browser that has `createImageBitmap` decodes all: what it refuses is damaged. */
const KNOWN = /^(\xff\xd8\xff|.PNG|GIF8|BM|RIFF....WEBP)/s

/** @typedef {{file: Blob} | {photo: Blob, part: import('./crop.js').Rect | null, budget: number}} Order */

/** @param {Blob} file */
function decode(file) {
  // 'from-image' turns the photo as its EXIF orientation says. It is the standard's default now; browsers from
  // before that leave the photo as it lies, and refuse the word: then the page decodes it, upright.
  // https://html.spec.whatwg.org/multipage/imagebitmap-and-animations.html#imagebitmapoptions
  return createImageBitmap(file, { imageOrientation: 'from-image' })
}

/**
 * @param {Order} order
 * @returns {Promise<import('./photos.js').WorkerAnswer>}
 */
async function carryOut(order) {
  if (!(await isFaithful(decode))) return { problem: 'not-decoded' }
  if ('photo' in order) return encodePart(order.photo, order.part, order.budget, decode)
  /** @type {unknown} */
  let refusal
  try {
    const photo = await preparePicture(order.file, file =>
      decode(file).catch(error => {
        refusal = error
        throw error
      }),
    )
    return photo === 'cut' ? { problem: 'unreadable' } : { photo }
  } catch (error) {
    // To a browser that is windows-1252: bytes from 0x80 to 0x9f come out as other letters.
    const start = new TextDecoder('latin1').decode(await order.file.slice(0, 12).arrayBuffer())
    // What else fails here, such as a large canvas, may do in the page.
    const isDamaged = error === refusal && KNOWN.test(start)
    return { problem: isDamaged ? 'unreadable' : 'not-decoded' }
  }
}

addEventListener('message', async ({ data, ports }) => {
  ports[0]?.postMessage(await carryOut(data).catch(() => ({ problem: 'not-decoded' })))
})
