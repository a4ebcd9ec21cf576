/** The video in its frame: it fades in over the photo that it begins with. */

import { el } from './dom.js'
import { jobWords } from './job_words.js'
import { wantsLessMotion } from './preferences.js'

/** A video whose shape differs less than this from the frame's fills it: no hairline is left at its edges. */
const SAME_SHAPE = 0.03

/**
 * @param {{frame: HTMLElement, setRatio: (ratio: number) => void, onShown: () => void}} parts onShown: the
 *   video's first picture is there
 */
export function createFrameVideo({ frame, setRatio, onShown }) {
  let ratio = 16 / 9
  /** @type {HTMLVideoElement | null} */
  let video = null
  let isBroken = false
  /** @type {() => void} */
  let onBroken = () => {}
  const sound = el(
    'button',
    { type: 'button', class: 'button is-small sound', hidden: true, onclick: unmute },
    jobWords.actions.soundOn,
  )
  frame.append(sound)

  function unmute() {
    if (video) video.muted = false
  }

  function removeVideo() {
    video?.remove()
    video = null
    isBroken = false
    sound.hidden = true
  }

  function offerSound() {
    sound.hidden = !(video?.muted && hasSound(video))
  }

  /**
   * @param {string} url
   * @param {string} label
   */
  function addVideo(url, label) {
    const isCalm = wantsLessMotion()
    /** @type {HTMLVideoElement} */
    const added = el('video', {
      class: 'frame-video',
      'aria-label': label,
      controls: true,
      loop: true,
      playsinline: true,
      preload: 'auto',
      autoplay: !isCalm,
      onloadedmetadata: () => {
        const own = added.videoWidth / added.videoHeight
        if (Math.abs(own / ratio - 1) > SAME_SHAPE) setRatio(own)
      },
      onloadeddata: () => {
        added.classList.add('is-there')
        onShown()
      },
      ontimeupdate: offerSound,
      onvolumechange: offerSound,
      onerror: () => {
        isBroken = true
        onBroken()
      },
    })
    // Without sound a browser lets it play by itself.
    added.muted = !isCalm
    added.src = url
    sound.before(added)
    return added
  }

  return {
    /**
     * Another job's frame, without a video yet.
     * @param {number} expected its shape
     */
    reset(expected) {
      ratio = expected
      setRatio(expected)
      removeVideo()
    },

    /**
     * Show the video. Each answer of the site brings a new address of the same video: it is only used where the
     * old one has stopped working.
     * @param {string | null} url
     * @param {string} label
     * @param {() => void} whenBroken
     */
    show(url, label, whenBroken) {
      onBroken = whenBroken
      if (!url) removeVideo()
      else if (!video) video = addVideo(url, label)
      else if (isBroken && new URL(url, location.href).href !== video.src) {
        const resumeAt = video.currentTime
        video.src = url
        video.currentTime = resumeAt
        isBroken = false
      }
    },
  }
}

/**
 * Whether there is anything to hear, as far as the browser says. Each has its own way to say it.
 * @param {any} video
 * @returns {boolean}
 */
function hasSound(video) {
  return Boolean(video.mozHasAudio || video.webkitAudioDecodedByteCount || video.audioTracks?.length)
}
