import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

const SCRIPT = /\.(js|mjs|cjs|ts|mts|cts)$/

/**
 * Finds the functions that are written in Python: those whose entry says `python('package.module.handler'`.
 *
 * @param {string | undefined} folder the site's folder of functions
 * @returns {Record<string, string>} the handler of each function
 * @throws {Error} for an entry that imports the bridge and names no handler
 */
export function findHandlers(folder) {
  if (!folder || !existsSync(folder))
    throw new Error(`no folder of functions: ${folder ?? 'set [functions] directory'}`)
  /** @type {Record<string, string>} */
  const handlers = {}
  for (const [name, file] of entries(folder)) {
    const source = readFileSync(file, 'utf8')
    if (!/from\s+['"][^'"]*\/bridge\.mjs['"]/.test(source)) continue
    const handler = /\bpython\(\s*(['"`])([\w.]+)\1/.exec(source)?.[2]
    if (!handler?.includes('.')) throw new Error(`${file} does not say python('package.module.handler', …)`)
    handlers[name] = handler
  }
  if (!Object.keys(handlers).length) throw new Error(`no entry in ${folder} imports the bridge`)
  return handlers
}

/**
 * The entries as Netlify's packager finds them: scripts in the folder, or in a folder of the function's name.
 *
 * @param {string} folder
 * @returns {[string, string][]} name and file of each
 */
function entries(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap(entry => {
    const place = path.join(folder, entry.name)
    if (!entry.isDirectory()) {
      return SCRIPT.test(entry.name)
        ? [/** @type {[string, string]} */ ([entry.name.replace(SCRIPT, ''), place])]
        : []
    }
    return readdirSync(place)
      .filter(file => SCRIPT.test(file) && ['index', entry.name].includes(file.replace(SCRIPT, '')))
      .map(file => /** @type {[string, string]} */ ([entry.name, path.join(place, file)]))
  })
}
