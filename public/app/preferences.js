/** What the person prefers: small things that this browser remembers, and what it is told to spare them. */

/** @typedef {'language' | 'access-code' | 'notify'} Preference */

/** Until the tab is closed. @returns {Storage} */
export const inThisTab = () => sessionStorage
/** @returns {Storage} */
const onThisDevice = () => localStorage

/**
 * @param {Preference} name
 * @param {() => Storage} where
 * @returns {string} '' where nothing is remembered
 */
export function preference(name, where = onThisDevice) {
  try {
    return where().getItem(`videogen-${name}`) ?? ''
  } catch {
    return ''
  }
}

/**
 * @param {Preference} name
 * @param {string} value '' to forget it
 * @param {() => Storage} where
 */
export function setPreference(name, value, where = onThisDevice) {
  try {
    if (value) where().setItem(`videogen-${name}`, value)
    else where().removeItem(`videogen-${name}`)
  } catch {
    // Then it is asked for again the next time.
  }
}

export const wantsLessMotion = () => matchMedia('(prefers-reduced-motion: reduce)').matches

export const wantsLessData = () =>
  matchMedia('(prefers-reduced-data: reduce)').matches ||
  Boolean(/** @type {any} */ (navigator).connection?.saveData)
