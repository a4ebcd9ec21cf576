/** The words of the page, in the language the person chose or the browser asks for. */

import { languageOf, wishes } from './locale.js'
import { preference } from './preferences.js'
import english from './words/en.js'

/** @typedef {typeof english} Words */

/** @type {Record<string, {name: string, load: () => Promise<{default: Words}>}>} */
export const LANGUAGES = {
  en: { name: 'English', load: async () => ({ default: english }) },
  de: { name: 'Deutsch', load: () => import('./words/de.js') },
}

function wantedLanguage() {
  const languages = [preference('language'), ...wishes].map(languageOf)
  return languages.find(language => Object.hasOwn(LANGUAGES, language)) ?? 'en'
}

/** @type {Words} */
export const words =
  // Without the network, a language that was never loaded cannot come.
  (await LANGUAGES[wantedLanguage()]?.load().catch(() => null))?.default ?? english
