/** What the operator's settings mean for the page: what it uses of config.json, which is written at build time. */

/**
 * @typedef {object} Config
 * @property {boolean} simulated
 * @property {string} paused the operator's sentence while nothing can be started, else empty
 * @property {boolean} accessCodeNeeded
 * @property {{id: string, price: number | null}[]} models the first is the default; price in USD for a video
 * @property {string | null} pushKey the site's public key for Web Push; null: it sends none
 * @property {{photos: number, photoBytes: number, promptCharacters: number}} limits
 */

/** @type {Config} what holds where the file cannot be read; the server checks everything anyway */
const FALLBACK = {
  simulated: false,
  paused: '',
  accessCodeNeeded: false,
  models: [],
  pushKey: null,
  limits: { photos: 4, photoBytes: 4_000_000, promptCharacters: 2000 },
}

/** @returns {Promise<Config>} */
export async function loadConfig() {
  return { ...FALLBACK, ...(await readConfig(3)) }
}

/** @returns {Promise<Partial<Config> | null>} null where it cannot be read */
export async function readConfig(attempts = 1) {
  const patience = new AbortController()
  const timer = setTimeout(() => patience.abort(), 5_000) // the person waits meanwhile
  const found = await fetch('/config.json', { signal: patience.signal })
    .then(response => response.ok && response.json())
    .catch(() => null)
  clearTimeout(timer)
  if (found) return found
  return attempts > 1 && !patience.signal.aborted ? readConfig(attempts - 1) : null
}

/**
 * @param {Config['models']} models
 * @param {string | null} model null: the default
 */
export function chosen(models, model) {
  return models.find(({ id }) => id === model) ?? models[0]
}

/**
 * The price of a video in USD where the operator has set one.
 * @param {Config} config
 * @param {string | null} model null: the default
 */
export function priceOf({ models }, model) {
  return chosen(models, model)?.price ?? null
}

/**
 * A model that was chosen earlier; the default where it is offered no more, as far as the page can know.
 * @param {Config} config
 * @param {string | null} model null: the default
 */
export function offered({ models }, model) {
  return !models.length || models.some(({ id }) => id === model) ? model : null
}
