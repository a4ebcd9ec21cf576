import { execFileSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { SECONDS } from '../python/bridge.mjs'
import { lastLine, SCRIPT_OPTIONS } from './interpreter.js'

const SCRIPT = /\.(js|mjs|cjs|ts|mts|cts)$/
const IMPORTS_BRIDGE = /from\s+['"]([^'"]*\/bridge\.mjs|netlify-plugin-python-functions\/bridge)['"]/

/** Where Netlify Build and `netlify dev` look for functions that a framework has written. */
const WRITTEN = path.join('.netlify', 'v1', 'functions')
const WRITTEN_MARK = '// Written by netlify-plugin-python-functions'
const RUN_TIME = path.resolve(import.meta.dirname, '../python')

/** https://docs.netlify.com/build/functions/configuration, and `timeoutSeconds` of the bridge. */
const CONFIG_KEYS = new Set(
  'path excludedPath method preferStatic rateLimit schedule background region memory vcpu timeoutSeconds'.split(
    ' ',
  ),
)

const RATE_LIMIT_KEYS = new Set('windowLimit windowSize aggregateBy algorithm action to'.split(' '))

/**
 * What each value is like that Netlify's packager would drop without a word, and the deadline: a test, and the form
 * for people.
 *
 * @type {Record<string, [(value: any) => boolean, string]>}
 */
const FORMS = {
  preferStatic: [value => typeof value === 'boolean', 'True or False'],
  rateLimit: [
    isRateLimit,
    'a dict, {"windowLimit": 60, "windowSize": 60, "aggregateBy": ["ip", "domain"]}, with whole numbers, of ip and ' +
      `domain at least one, and no keys but ${[...RATE_LIMIT_KEYS].join(', ')}`,
  ],
  schedule: [
    value => typeof value === 'string' && /^(@\w+|\S+(\s+\S+){4})$/.test(value.trim()),
    'a text, "@daily" or cron, "0 2 * * *"',
  ],
  timeoutSeconds: [value => typeof value === 'number' && value > 0, 'a number above 0'],
}

/**
 * @typedef {object} PythonFunction
 * @property {string} handler `package.module.handler`, or a file's path below the folder of functions
 * @property {string} [file] the file, if it is a function by itself
 * @property {Record<string, unknown>} [config] what such a file says of itself
 */

/**
 * Finds the functions that are written in Python: scripts that say `python('package.module.handler'`, and Python
 * files with a `handler` or an `app`.
 *
 * @param {string | undefined} folder the site's folder of functions
 * @param {string} python the interpreter that reads the files
 * @returns {{ functions: Record<string, PythonFunction>, notes: string[] }}
 * @throws {Error} for a script that imports the bridge and names no handler, and a file that cannot be read
 */
export function findFunctions(folder, python) {
  if (!folder || !existsSync(folder))
    throw new Error(`no folder of functions: ${folder ?? 'set [functions] directory'}`)
  /** @type {Record<string, PythonFunction>} */
  const functions = {}
  const found = entries(folder, SCRIPT)
  for (const [name, file] of found) {
    const source = readFileSync(file, 'utf8')
    if (!IMPORTS_BRIDGE.test(source)) continue
    const handler = /\bpython\(\s*(['"`])([\w./-]+)\1/.exec(source)?.[2]
    if (!handler?.includes('.')) throw new Error(`${file} does not say python('package.module.handler', …)`)
    functions[name] = { handler }
  }
  const scripts = new Set(found.map(([name]) => name))
  const files = entries(folder, /\.py$/).filter(([name]) => !scripts.has(name) && !name.startsWith('_'))
  const notes = addFiles(functions, folder, files, python)
  const ofPackages = packages(folder, functions, python)
  if (!Object.keys(functions).length)
    throw new Error(
      ofPackages[0] ??
        `no function in Python in ${folder}: write hello.py with a handler(event, context) or an app, not from an import of *`,
    )
  return { functions, notes: [...notes, ...ofPackages] }
}

/**
 * @param {Record<string, PythonFunction>} functions
 * @param {string} folder
 * @param {[string, string][]} files
 * @param {string} python
 * @returns {string[]} notes
 */
function addFiles(functions, folder, files, python) {
  const described = describe(
    files.map(([, file]) => file),
    python,
  )
  /** @type {string[]} */
  const notes = []
  for (const [stem, file] of files) {
    const { defines, config, error } = described[file] ?? {}
    if (error) throw new Error(error)
    if (!defines || defines === '*') {
      const what = defines
        ? 'import handler by its name, not with *, to make it one'
        : 'it defines no handler and no app'
      notes.push(`${file} is no function: ${what}`)
      continue
    }
    const name = stem.replace(/_background$/, '-background')
    const unknown = Object.keys(config ?? {}).find(key => !CONFIG_KEYS.has(key))
    if (unknown) throw new Error(`${file}: config has no ${unknown}; it has ${[...CONFIG_KEYS].join(', ')}`)
    for (const [key, value] of Object.entries(config ?? {})) {
      const [isRight, form] = FORMS[key] ?? [() => true]
      if (!isRight(value)) throw new Error(`${file}: ${key} in config is ${form}`)
    }
    if (config?.background && !name.endsWith('-background'))
      throw new Error(`${file}: name it ${stem}-background.py; the name gives a function its 15 minutes`)
    if (!/^[\w-]+$/.test(name))
      throw new Error(`${file}: a function's name has letters, digits, - and _ only`)
    if (functions[name]) throw new Error(`${file}: there is another function ${name}`)
    functions[name] = { handler: path.relative(folder, file), file, config: config ?? {} }
  }
  return notes
}

/**
 * Notes on packages that look like functions. A function is a module of its own, which imports nothing relatively.
 *
 * @param {string} folder
 * @param {Record<string, PythonFunction>} functions
 * @param {string} python
 */
function packages(folder, functions, python) {
  const files = readdirSync(folder)
    .filter(name => !functions[name] && !/^[._]/.test(name))
    .map(name => path.join(folder, name, '__init__.py'))
    .filter(file => existsSync(file))
  return Object.entries(describe(files, python))
    .filter(([, { defines }]) => defines && defines !== '*')
    .map(([file, { defines }]) => {
      const name = path.basename(path.dirname(file))
      return `${file} defines ${defines} and is no function: name it ${name}/${name}.py to make it one`
    })
}

/**
 * @param {string[]} files
 * @param {string} python
 * @returns {Record<string, { defines?: string, config?: Record<string, unknown>, error?: string }>} see function_files.py
 */
function describe(files, python) {
  if (!files.length) return {}
  const reader = path.resolve(import.meta.dirname, 'function_files.py')
  return JSON.parse(
    lastLine(execFileSync(python, [...SCRIPT_OPTIONS, reader, ...files], { encoding: 'utf8' })),
  )
}

/** @param {any} value */
function isRateLimit(value) {
  if (typeof value !== 'object' || value === null) return false
  const { windowLimit, windowSize, aggregateBy = 'domain', algorithm, action, to } = value
  const by = [aggregateBy].flat()
  return (
    Object.keys(value).every(key => RATE_LIMIT_KEYS.has(key)) &&
    [windowLimit, windowSize].every(number => Number.isInteger(number) && number > 0) &&
    by.length > 0 &&
    by.every(one => one === 'ip' || one === 'domain') &&
    [undefined, 'sliding_window'].includes(algorithm) &&
    [undefined, 'rate_limit', 'rewrite'].includes(action) &&
    ['undefined', 'string'].includes(typeof to)
  )
}

/**
 * The packager takes `aggregateBy: 'ip'` for 'domain', and one visitor would use up everybody's requests; a list
 * it takes as it is.
 *
 * @param {any} config
 */
function withListOfKeys(config) {
  const { rateLimit } = config
  if (typeof rateLimit?.aggregateBy !== 'string') return config
  return { ...config, rateLimit: { ...rateLimit, aggregateBy: [rateLimit.aggregateBy] } }
}

/**
 * Writes the entries of the functions that are Python files, and removes those that are no more.
 *
 * @param {Record<string, PythonFunction>} functions
 */
export function writeEntries(functions) {
  for (const name of existsSync(WRITTEN) ? readdirSync(WRITTEN) : []) {
    const file = path.join(WRITTEN, name)
    if (name.endsWith('.mjs') && readFileSync(file, 'utf8').startsWith(WRITTEN_MARK)) rmSync(file)
  }
  const written = Object.entries(functions).filter(([, { file }]) => file)
  if (!written.length) return
  mkdirSync(WRITTEN, { recursive: true })
  // Beside the bundle, so that the entry finds both wherever this plugin is installed.
  for (const name of readdirSync(RUN_TIME).filter(name => name.endsWith('.mjs')))
    copyFileSync(path.join(RUN_TIME, name), path.join('.netlify', 'python', name))
  for (const [name, { handler, file, config = {} }] of written) {
    const { timeoutSeconds, ...others } = withListOfKeys(config)
    const background = name.endsWith('-background')
    const kind = background ? 'background' : config.schedule ? 'scheduled' : 'synchronous'
    const options = { timeoutSeconds: timeoutSeconds ?? SECONDS[kind], background, name }
    const lines = [
      `${WRITTEN_MARK} from ${file}`,
      `import { python } from '../../python/bridge.mjs'`,
      `export default python(${JSON.stringify(handler)}, ${JSON.stringify(options)})`,
      `export const config = ${JSON.stringify(background ? { ...others, background } : others)}`,
    ]
    writeFileSync(path.join(WRITTEN, `${name}.mjs`), `${lines.join('\n')}\n`)
  }
}

/**
 * The variables that each handler may see, and `*` for those that are not told apart.
 *
 * @param {import('./index.js').Inputs} inputs
 * @param {Record<string, PythonFunction>} functions
 * @returns {Record<string, string[]>}
 * @throws {Error} for a name that no function has, and for two functions of one handler that are to see others
 */
export function environmentOf({ environment }, functions) {
  if (Array.isArray(environment)) return { '*': environment }
  const { '*': all = [], ...own } = environment
  /** @type {Record<string, string[]>} */
  const handlers = { '*': all }
  for (const [name, names] of Object.entries(own)) {
    const found = functions[name]
    if (!found)
      throw new Error(`the plugin's input environment names ${name}, which is no function in Python`)
    const other = Object.keys(functions).find(
      one => functions[one]?.handler === found.handler && String(own[one]) !== String(names),
    )
    if (other)
      throw new Error(
        `the functions ${name} and ${other} have one handler, ${found.handler}, and so one environment: ` +
          `give each a handler of its own, or both the same names in the plugin's input environment`,
      )
    handlers[found.handler] = [...(handlers[found.handler] ?? all), ...names]
  }
  return handlers
}

/**
 * The entries as Netlify's packager finds them, without hidden ones: files in the folder, or in a folder of the
 * function's name.
 *
 * @param {string} folder
 * @param {RegExp} ending
 * @returns {[string, string][]} name and file of each
 */
function entries(folder, ending) {
  // Hidden ones are left there by editors and file systems: `.#hello.py`, `._hello.py`.
  const visible = readdirSync(folder, { withFileTypes: true }).filter(({ name }) => !name.startsWith('.'))
  return visible.flatMap(entry => {
    const place = path.join(folder, entry.name)
    if (!entry.isDirectory()) {
      return ending.test(entry.name)
        ? [/** @type {[string, string]} */ ([entry.name.replace(ending, ''), place])]
        : []
    }
    return readdirSync(place)
      .filter(file => ending.test(file) && ['index', entry.name].includes(file.replace(ending, '')))
      .map(file => /** @type {[string, string]} */ ([entry.name, path.join(place, file)]))
  })
}
