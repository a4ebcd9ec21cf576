/** What the person prefers: small things that this browser remembers, and what it is told to spare them. */

/** @typedef {'language' | 'access-code' | 'notify'} Preference */

/** @typedef {'localStorage' | 'sessionStorage'} Store the latter only until the tab is closed */

/** What the browser refused to remember: it holds until the page is left. @type {Map<string, string>} */
const unkept = new Map()

/**
 * @param {Preference} name
 * @param {Store} store
 * @returns {string} '' where nothing is remembered
 */
export function preference(name, store = 'localStorage') {
  try {
    return unkept.get(store + name) ?? globalThis[store].getItem(`videogen-${name}`) ?? ''
  } catch {
    return ''
  }
}

/**
 * @param {Preference} name
 * @param {string} value '' to forget it
 * @param {Store} store
 * @returns {boolean} whether it outlives the page
 */
export function setPreference(name, value, store = 'localStorage') {
  try {
    if (value) globalThis[store].setItem(`videogen-${name}`, value)
    else globalThis[store].removeItem(`videogen-${name}`)
    unkept.delete(store + name)
    return true
  } catch {
    unkept.set(store + name, value)
    return false
  }
}

/** The one that the person entered last. @returns {string} '' where there is none */
export function keptAccessCode() {
  return preference('access-code', 'sessionStorage') || preference('access-code')
}

/** Whether the access code outlives the tab. */
export function isAccessCodeRemembered() {
  return preference('access-code') !== ''
}

/**
 * @param {string} code
 * @param {boolean} isRemembered whether the person wants it to outlive the tab
 */
export function keepAccessCode(code, isRemembered) {
  setPreference('access-code', code, 'sessionStorage')
  setPreference('access-code', isRemembered ? code : '')
}

export const wantsLessMotion = () => matchMedia('(prefers-reduced-motion: reduce)').matches

export const wantsLessData = () =>
  matchMedia('(prefers-reduced-data: reduce)').matches ||
  Boolean(/** @type {any} */ (navigator).connection?.saveData)
