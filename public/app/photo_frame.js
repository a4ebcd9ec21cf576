/**
 * A photo, or the video made from it, in its frame. The wait is drawn as a line around the photo, which comes into its colours
 * as time goes by; the video fades in over it.
 */

import { el, setAttribute, setText, svg } from './dom.js'

export function createPhotoFrame() {
  const photo = el('img', { class: 'frame-photo', hidden: true, alt: '', decoding: 'async' })
  const glow = el('img', { class: 'frame-glow', hidden: true, alt: '', 'aria-hidden': 'true' })
  const line = svg(
    'svg',
    { class: 'frame-line', 'aria-hidden': 'true', hidden: true },
    svg('rect', { class: 'frame-track', pathLength: 100 }),
    svg('rect', { class: 'frame-progress', pathLength: 100 }),
  )
  const content = el('div', { class: 'frame-content' })
  const aperture = el('div', { class: 'frame-aperture' }, photo, content, line)
  const left = el('span')
  const right = el('span', { class: 'frame-clock' })
  const element = el(
    'figure',
    { class: 'frame' },
    glow,
    el('div', { class: 'frame-mount' }, aperture),
    el('figcaption', { class: 'frame-stamp' }, left, right),
  )

  let photoUrl = ''
  /** @type {HTMLVideoElement | null} */
  let video = null
  let isBroken = false
  /** @type {() => void} */
  let onBroken = () => {}

  /** @param {number} ratio width divided by height */
  function setRatio(ratio) {
    element.style.setProperty('--ratio', ratio.toFixed(4))
  }

  /**
   * @param {string} url
   * @param {string} label
   */
  function addVideo(url, label) {
    const isCalm = matchMedia('(prefers-reduced-motion: reduce)').matches
    const added = el('video', {
      class: 'frame-video',
      'aria-label': label,
      controls: true,
      loop: true,
      playsinline: true,
      preload: 'auto',
      autoplay: !isCalm,
      onloadedmetadata: () => added.videoWidth && setRatio(added.videoWidth / added.videoHeight),
      onloadeddata: () => added.classList.add('is-there'),
      onerror: () => {
        isBroken = true
        onBroken()
      },
    })
    // Without sound a browser lets it play by itself.
    added.muted = !isCalm
    added.src = url
    photo.after(added)
    return added
  }

  return {
    element,
    content,
    setRatio,

    /**
     * @param {string | null} url
     * @param {string} alt
     */
    setPhoto(url, alt) {
      photo.alt = alt
      if (url === (photoUrl || null)) return
      photoUrl = url ?? ''
      for (const image of [photo, glow]) {
        image.hidden = !url
        if (url) image.src = url
        else image.removeAttribute('src')
      }
    },

    /**
     * Show the video. Each answer of the site brings a new address of the same video: it is only used where the
     * old one has stopped working.
     * @param {string | null} url
     * @param {string} label
     * @param {() => void} whenBroken
     */
    setVideo(url, label, whenBroken) {
      onBroken = whenBroken
      if (!url) {
        video?.remove()
        video = null
        isBroken = false
      } else if (!video) video = addVideo(url, label)
      else if (isBroken && new URL(url, location.href).href !== video.src) {
        const resumeAt = video.currentTime
        video.src = url
        video.currentTime = resumeAt
        isBroken = false
      }
    },

    /** @param {number | null} share from 0 to 1; null: no line */
    setProgress(share) {
      setAttribute(line, 'hidden', share === null)
      if (share !== null) element.style.setProperty('--progress', share.toFixed(4))
    },

    /**
     * @param {string} start
     * @param {string} end
     */
    setStamp(start, end) {
      setText(left, start)
      setText(right, end)
    },
  }
}

/** @typedef {ReturnType<typeof createPhotoFrame>} PhotoFrame */
