/**
 * How long a job has taken, how long it may still take, and how full the line around the photo is drawn; how long a
 * site that fails is left alone. Pure: times come in as numbers.
 */

/**
 * What the site's own past runs took, in seconds from the start of a job.
 * @typedef {{p50: number, p90: number}} Estimate
 */

/** @type {Estimate} where the site has no past runs yet */
const USUAL = { p50: 90, p90: 180 }

/** How much of the line each stage may fill: [from, to]. It is full only when the video is there. */
const SHARES = /** @type {Record<string, [number, number]>} */ ({
  held: [0, 0],
  uploading: [0, 0.1],
  queued: [0.1, 0.1],
  rendering: [0.1, 0.94],
  saving: [0.95, 0.95],
  completed: [1, 1],
})

/**
 * A time span as on a clock: 7 → "0:07", 67 → "1:07", 3700 → "1:01:40".
 * @param {number} seconds
 */
export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds))
  const parts = [Math.floor(whole / 60) % 60, whole % 60]
  if (whole >= 3600) parts.unshift(Math.floor(whole / 3600))
  return parts.map((part, index) => (index ? String(part).padStart(2, '0') : String(part))).join(':')
}

/**
 * The range of seconds that are probably left; null without past runs, 'overdue' beyond what nine of ten took.
 * @param {Estimate | null} estimate
 * @param {number} elapsed seconds
 * @returns {{low: number, high: number} | 'overdue' | null}
 */
export function timeLeft(estimate, elapsed) {
  if (!estimate) return null
  if (elapsed >= estimate.p90) return 'overdue'
  return { low: Math.max(0, estimate.p50 - elapsed), high: estimate.p90 - elapsed }
}

/**
 * How much of the line is drawn, from 0 to 1.
 *
 * While rendering it follows 1 − e^(−kt), six tenths full at the median: it always moves, slows down where
 * the job takes longer than others, and never pretends to be done.
 * @param {{stage: string, upload: number | null, elapsed: number, estimate: Estimate | null}} job
 */
export function progress({ stage, upload, elapsed, estimate }) {
  const [from, to] = SHARES[stage] ?? [0, 0]
  if (stage === 'uploading') return from + (to - from) * (upload ?? 0)
  if (stage !== 'rendering') return to
  const { p50 } = estimate ?? USUAL
  return from + (to - from) * (1 - Math.exp((Math.log(0.4) * Math.max(0, elapsed)) / p50))
}

/**
 * The shortest pause between two tries while the browser says that there is no network, in ms. Some say so where there
 * is one, behind a VPN or a virtual adapter; a try that fails costs nothing.
 */
export const OFFLINE_MS = 30_000

/**
 * How long to wait before a site that has failed is asked again, in ms: a second, then twice as long each time, and
 * half a minute at most.
 * @param {number} failures how many in a row there were before this one
 */
export function backoff(failures) {
  return Math.min(30_000, 1_000 * 2 ** failures)
}
