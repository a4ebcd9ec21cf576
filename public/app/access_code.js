/** The access code that the person entered last, for sites that ask for one: kept for this tab, or until forgotten. */

import { preference, setPreference } from './preferences.js'

/** @returns {string} '' where there is none */
export function keptAccessCode() {
  return preference('access-code', 'sessionStorage') || preference('access-code')
}

/** Whether it outlives the tab. */
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
