/**
 * The slide: a photo in its mount. The wait is drawn as a line around the photo, which comes into its colours
 * as time goes by; the video fades in over it.
 */

import { el, setAttribute, setText, svg } from './dom.js'

export function createSlide() {
  const photo = el('img', { class: 'slide-photo', hidden: true, alt: '', decoding: 'async' })
  const glow = el('img', { class: 'slide-glow', hidden: true, alt: '', 'aria-hidden': 'true' })
  const video = el('video', {
    class: 'slide-video',
    hidden: true,
    controls: true,
    loop: true,
    playsinline: true,
    preload: 'auto',
  })
  const line = svg(
    'svg',
    { class: 'slide-line', 'aria-hidden': 'true', hidden: true },
    svg('rect', { class: 'slide-track', pathLength: 100 }),
    svg('rect', { class: 'slide-progress', pathLength: 100 }),
  )
  const content = el('div', { class: 'slide-content' })
  const left = el('span')
  const right = el('span', { class: 'slide-clock' })
  const element = el(
    'figure',
    { class: 'slide' },
    glow,
    el('div', { class: 'slide-mount' }, el('div', { class: 'slide-aperture' }, photo, video, content, line)),
    el('figcaption', { class: 'slide-stamp' }, left, right),
  )

  let photoUrl = ''
  let videoUrl = ''
  let isBroken = false
  let resumeAt = 0
  /** @type {() => void} */
  let onBroken = () => {}

  video.addEventListener('loadedmetadata', () => {
    if (video.videoWidth) setRatio(video.videoWidth / video.videoHeight)
    if (resumeAt) video.currentTime = resumeAt
  })
  video.addEventListener('loadeddata', () => element.classList.add('is-playing'))
  video.addEventListener('error', () => {
    if (!videoUrl || isBroken) return
    isBroken = true
    resumeAt = video.currentTime
    onBroken()
  })

  /** @param {number} ratio width divided by height */
  function setRatio(ratio) {
    element.style.setProperty('--ratio', ratio.toFixed(4))
  }

  return {
    element,
    content,
    video,
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
     * Show the video; a new address for the same one is only used where the old one has stopped working.
     * @param {string | null} url
     * @param {string} label
     * @param {() => void} whenBroken
     */
    setVideo(url, label, whenBroken) {
      onBroken = whenBroken
      video.hidden = !url
      video.setAttribute('aria-label', label)
      if (!url) {
        if (!videoUrl) return
        videoUrl = ''
        resumeAt = 0
        isBroken = false
        element.classList.remove('is-playing')
        video.removeAttribute('src')
        video.load()
      } else if (!videoUrl || (isBroken && url !== videoUrl)) {
        videoUrl = url
        isBroken = false
        const isCalm = matchMedia('(prefers-reduced-motion: reduce)').matches
        // Without sound a browser lets it play by itself.
        video.muted = !isCalm
        video.autoplay = !isCalm
        video.src = url
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

/** @typedef {ReturnType<typeof createSlide>} Slide */
