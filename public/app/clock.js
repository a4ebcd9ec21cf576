/** The clocks of this device. Tests hand in their own. */

/**
 * @typedef {object} Clock
 * @property {() => number} now the time of day, in ms since 1970; the person may set it at any moment
 * @property {() => number} monotonic ms since some moment; nobody can set it
 * @property {(run: () => void, ms: number) => any} setTimeout
 * @property {(timer: any) => void} clearTimeout
 */

/** @type {Clock} */
export const clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimeout: (run, ms) => setTimeout(run, ms),
  clearTimeout: timer => clearTimeout(timer),
}
