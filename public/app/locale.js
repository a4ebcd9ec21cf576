/** What the browser asks for, best first: some ask for none that there is, `en-US@posix`. */
export const wishes = navigator.languages ?? []

/** `de` of `de-AT`. @param {string} wish */
export const languageOf = wish => wish.split(/\W|_/)[0] ?? ''

/**
 * A language in the person's own region, for dates and numbers: `en` becomes `en-GB` for a British browser.
 * @param {string} language
 * @returns {string}
 */
export function localeOf(language) {
  try {
    return Intl.getCanonicalLocales(wishes.find(wish => languageOf(wish) === language))[0] ?? language
  } catch {
    return language
  }
}
