/** A video of the list that plays while the pointer is on its card. */

import { el } from './dom.js'
import { isLinkOld, stageOf } from './job.js'
import { wantsLessData, wantsLessMotion } from './preferences.js'

/** @typedef {import('./job.js').Job} Job */

/**
 * @param {{card: HTMLElement, picture: HTMLElement, job: () => Job, onStaleLink: (job: Job) => void}} parts
 *   card: what the pointer comes to; onStaleLink: the job's link has to be asked for again
 */
export function createCardVideo({ card, picture, job, onStaleLink }) {
  let isWanted = false
  /** @type {HTMLVideoElement | null} */
  let video = null

  function start() {
    const { status } = job()
    if (!isWanted || video || stageOf(job()) !== 'completed' || !status?.videoUrl) return
    if (isLinkOld(job(), Date.now())) return
    const added = el('video', { class: 'card-video', loop: true, playsinline: true, 'aria-hidden': 'true' })
    added.muted = true
    added.onloadeddata = () => added.classList.add('is-there')
    added.onerror = stop
    added.src = status.videoUrl
    picture.append(added)
    video = added
    // A pointer that is gone again, or a browser that lets nothing play, leaves the picture.
    added.play().catch(() => {})
  }

  function stop() {
    isWanted = false
    video?.remove()
    video = null
  }

  // A finger has no way to rest on a card: it opens the video.
  card.addEventListener('pointerenter', ({ pointerType }) => {
    if (pointerType === 'touch' || wantsLessMotion() || wantsLessData()) return
    isWanted = true
    if (isLinkOld(job(), Date.now())) onStaleLink(job())
    start()
  })
  card.addEventListener('pointerleave', stop)

  /** The job has changed: its link may be a new one. */
  return start
}
