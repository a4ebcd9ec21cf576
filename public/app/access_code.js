/** The access code that the person entered last, for sites that ask for one. */

import { preference, setPreference } from './preferences.js'

/** @returns {string} '' where there is none */
export function keptAccessCode() {
  return preference('access-code')
}

/** @param {string} code */
export function keepAccessCode(code) {
  setPreference('access-code', code)
}
