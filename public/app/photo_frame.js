/** A photo in its frame. While a video is made of it, it comes into its colours. */

import { el } from './dom.js'

export function createPhotoFrame() {
  const photo = el('img', { class: 'frame-photo', hidden: true, alt: '', decoding: 'async' })
  const grey = el('img', { class: 'frame-photo frame-grey', hidden: true, alt: '', decoding: 'async' })
  const element = el('figure', { class: 'frame' }, photo, grey)
  let photoUrl = ''

  return {
    element,

    /** @param {number} ratio width divided by height */
    setRatio(ratio) {
      element.style.setProperty('--ratio', ratio.toFixed(4))
    },

    /**
     * @param {string | null} url
     * @param {string} alt
     */
    setPhoto(url, alt) {
      photo.alt = alt
      if (url === (photoUrl || null)) return
      photoUrl = url ?? ''
      for (const image of [photo, grey]) {
        image.hidden = !url
        if (url) image.src = url
        else image.removeAttribute('src')
      }
    },

    /**
     * Show a part of the photo alone, to the pixel.
     * @param {import('./crop.js').Rect} part
     * @param {import('./crop.js').Size} size of the photo
     */
    setPart({ x, y, width, height }, size) {
      for (const [name, share] of Object.entries({
        width: size.width / width,
        height: size.height / height,
        left: -x / width,
        top: -y / height,
      }))
        photo.style.setProperty(name, `${100 * share}%`)
    },

    /** @param {number} share how far it is, from 0 to 1: that much of its colours the photo has */
    setProgress(share) {
      grey.style.opacity = (1 - share).toFixed(3)
    },
  }
}
