/** Small things that this browser remembers, where it remembers anything. */

/** @typedef {'language' | 'access-code' | 'notify'} Preference */

/**
 * @param {Preference} name
 * @returns {string} '' where nothing is remembered
 */
export function preference(name) {
  try {
    return localStorage.getItem(`videogen-${name}`) ?? ''
  } catch {
    return ''
  }
}

/**
 * @param {Preference} name
 * @param {string} value
 */
export function setPreference(name, value) {
  try {
    localStorage.setItem(`videogen-${name}`, value)
  } catch {
    // Then it is asked for again the next time.
  }
}
