/** Decodes and re-encodes photos beside the page, so that a 48-megapixel one does not freeze it. */

import { encodePhoto } from './photo_encode.js'

addEventListener('message', async ({ data, ports }) => {
  const { file, budget } = /** @type {{file: Blob, budget: number}} */ (data)
  /** @type {import('./photos.js').WorkerAnswer} */
  let answer
  try {
    // 'from-image' turns the photo as its EXIF orientation says. It is the standard's default now; browsers from
    // before that leave the photo as it lies, and refuse the word: then the page decodes it, upright.
    // https://html.spec.whatwg.org/multipage/imagebitmap-and-animations.html#imagebitmapoptions
    const bitmap = await createImageBitmap(file, { imageOrientation: 'from-image' })
    const photo = await encodePhoto(
      bitmap,
      bitmap,
      (width, height) => new OffscreenCanvas(width, height),
      budget,
    )
    bitmap.close()
    answer = photo ? { photo } : { problem: 'too-large' }
  } catch {
    answer = { problem: 'unreadable' }
  }
  ports[0]?.postMessage(answer)
})
