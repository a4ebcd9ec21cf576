/** What the page has shown to whoever presses Generate, and whether the site still offers that. */

import { chosen, readConfig } from './config.js'

/** @typedef {import('./config.js').Config} Config */

/**
 * Read the settings again, into `config`. Where they cannot be read, what the page shows stands: the site itself
 * checks whatever it is sent.
 * @param {Config} config
 * @param {string | null} model null: the default
 * @returns {Promise<boolean>} whether the site offers something else than the page has shown
 */
export async function isOfferNew(config, model) {
  const shown = offerOf(config, model)
  Object.assign(config, await readConfig())
  return offerOf(config, model) !== shown
}

/**
 * As text, to be compared.
 * @param {Config} config
 * @param {string | null} model null: the default
 */
function offerOf({ models, accessCodeNeeded, paused, simulated }, model) {
  return JSON.stringify([chosen(models, model), accessCodeNeeded, paused, simulated])
}
