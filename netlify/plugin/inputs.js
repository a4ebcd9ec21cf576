/**
 * Checks the shape of the plugin's inputs once, since each may be anything that TOML has.
 *
 * A text where a list is meant is a list of one: spread into letters, `APP_*` would let every variable pass.
 *
 * @param {import('./index.js').Inputs} given
 * @returns {import('./index.js').Inputs}
 * @throws {Error} that names the input and the form that it wants
 */
export function readInputs(given) {
  for (const name of /** @type {const} */ (['source', 'requirements', 'python', 'page_config', 'dev']))
    if (given[name] !== undefined && typeof given[name] !== 'string') throw wrong(name, 'a text, in quotes')
  for (const name of /** @type {const} */ (['only', 'problem_members']))
    if (!isTable(given[name])) throw wrong(name, 'a table')
  const { environment, exclude, only } = given
  return {
    ...given,
    exclude: list('exclude', exclude),
    only: lists('only', only),
    environment: isTable(environment) ? lists('environment', environment) : list('environment', environment),
  }
}

/**
 * @param {string} name
 * @param {unknown} value
 * @returns {string[]}
 */
function list(name, value) {
  const all = Array.isArray(value) ? value : [value]
  if (all.some(each => typeof each !== 'string')) throw wrong(name, 'a list of texts, ["…", "…"]')
  return all
}

/**
 * @param {string} name
 * @param {object} table
 */
function lists(name, table) {
  return Object.fromEntries(Object.entries(table).map(([key, value]) => [key, list(`${name}.${key}`, value)]))
}

/**
 * @param {unknown} value
 * @returns {value is Record<string, any>}
 */
function isTable(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * @param {string} name
 * @param {string} form
 */
function wrong(name, form) {
  return new Error(`the plugin's input ${name} is ${form}: correct it in netlify.toml`)
}
