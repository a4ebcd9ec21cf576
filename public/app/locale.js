/**
 * A language in the person's own region, for dates and numbers: `en` becomes `en-GB` for a British browser.
 * @param {string} language
 * @returns {string}
 */
export function localeOf(language) {
  return navigator.languages.find(wish => wish.split('-')[0] === language) ?? language
}
