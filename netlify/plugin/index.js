/**
 * Netlify Functions written in Python.
 *
 * For each event of Netlify Build this module says what happens; how is in the modules beside it.
 * https://docs.netlify.com/extend/develop-and-share/develop-build-plugins/
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { childEnvironment } from '../python/environment.mjs'
import { BUILT, bundle, interpreterOfBundle } from './bundle.js'
import { devEnvironment } from './dev_environment.js'
import { serveFiles } from './dev_files.js'
import { environmentOf, findFunctions, writeEntries } from './functions.js'
import { readInputs } from './inputs.js'
import { findPython, INTERPRETER_OPTIONS, projectPython, runModule, startModule } from './interpreter.js'
import { pageEnvironment } from './page_environment.js'

const RUN_TIME = path.resolve(import.meta.dirname, '../python')

/**
 * @typedef {object} Inputs see manifest.yml
 * @property {string} source
 * @property {string} [requirements]
 * @property {string[]} exclude
 * @property {Record<string, string[]>} only
 * @property {string} [python]
 * @property {string[] | Record<string, string[]>} environment
 * @property {string} [page_config]
 * @property {Record<string, unknown>} problem_members
 * @property {string} [dev]
 *
 * @typedef {object} Printed what the page_config module prints
 * @property {Record<string, unknown>} [files] name to text, or to another JSON value
 * @property {Record<string, Record<string, string>>} [headers] path to header to value
 * @property {string[]} [notes]
 *
 * @typedef {object} Options the part of what Netlify Build hands to an event that is used here
 * @property {Inputs} inputs
 * @property {{ IS_LOCAL: boolean, FUNCTIONS_SRC?: string }} constants
 * @property {{
 *   build: { publish: string },
 *   functions: Record<string, { included_files?: string[] }>,
 *   headers: { for: string, values: Record<string, string> }[],
 *   redirects: { from: string, to: string, status: number, force: boolean }[],
 * }} netlifyConfig
 * @property {{
 *   build: { failBuild: (message: string) => never },
 *   cache: { restore: (files: string[]) => Promise<boolean>, save: (files: string[]) => Promise<boolean> },
 *   deploy: { env: { add: (name: string, value: string) => void } },
 * }} utils
 */

/**
 * Builds what goes into the zips beside the entries, and what the page_config module says about the page.
 *
 * @param {Options} options
 */
export async function onPreBuild({ inputs: given, constants, netlifyConfig, utils }) {
  await orFail(utils, async () => {
    const inputs = readInputs(given)
    // A hosted build starts from a fresh clone. The bundle holds no links, so that the cache copies it as it is.
    if (!constants.IS_LOCAL) await utils.cache.restore(BUILT)
    const functions = prepare(constants, projectPython())
    const included = bundle(inputs, functions, constants.FUNCTIONS_SRC)
    if (!constants.IS_LOCAL) await utils.cache.save(BUILT)
    for (const [name, files] of Object.entries(included)) {
      netlifyConfig.functions[name] = {
        ...netlifyConfig.functions[name],
        included_files: [...(netlifyConfig.functions[name]?.included_files ?? []), ...files],
      }
    }
    if (inputs.page_config) {
      const environment = pageEnvironment(constants, netlifyConfig, everyName(inputs, functions))
      const [python, folders] = interpreterOfBundle(inputs)
      const printed = runModule(python, inputs.page_config, folders, environment)
      writeFiles(printed, netlifyConfig)
      for (const note of applyHeaders(printed, netlifyConfig)) console.log(note)
    }
  })
}

/**
 * Prepares `netlify dev`: functions run from the project's own tree with the project's own interpreter, so that
 * nothing is copied and an edited file counts at the next request.
 *
 * @param {Options} options
 */
export async function onPreDev({ inputs: given, constants, netlifyConfig, utils }) {
  await orFail(utils, async () => {
    const inputs = readInputs(given)
    const { python, note } = findPython(inputs)
    const functions = prepare(constants, python)
    const folder = path.join('.netlify', 'python', 'dev')
    writeSettings(folder, {
      python,
      host: path.join(RUN_TIME, 'host.py'),
      path: [path.resolve(inputs.source), path.join(RUN_TIME, 'types')],
      functions: path.resolve(constants.FUNCTIONS_SRC ?? ''),
      arguments: INTERPRETER_OPTIONS, // without -B: host.py keeps bytecode of packages alone
      environment: environmentOf(inputs, functions),
      problemMembers: inputs.problem_members,
    })
    utils.deploy.env.add('PYTHON_DEV_SETTINGS', path.resolve(folder, 'python.json'))
    const environment = childEnvironment(devEnvironment(), everyName(inputs, functions))
    /** @type {string[]} */
    const notes = note ? [note] : []
    if (inputs.dev) {
      const started = await startModule(
        python,
        inputs.dev,
        inputs.source,
        environment,
        path.join(folder, `${inputs.dev}.log`),
      )
      for (const [name, value] of Object.entries(started.env)) utils.deploy.env.add(name, value)
      Object.assign(environment, started.env)
      notes.push(...started.notes)
    }
    if (inputs.page_config) {
      const printed = runModule(python, inputs.page_config, [inputs.source], environment)
      netlifyConfig.redirects.push(...(await serveFiles(printed.files ?? {})))
      notes.push(...applyHeaders(printed, netlifyConfig))
    }
    for (const note of notes) console.log(note)
  })
}

/**
 * What every event begins with: finds the functions, writes the entries that are missing.
 *
 * @param {Options['constants']} constants
 * @param {string} python
 */
function prepare(constants, python) {
  if (process.platform === 'win32')
    throw new Error('Python functions cannot be built or run on Windows: use WSL, or let Netlify build')
  ignoreOutput()
  mkdirSync(path.join('.netlify', 'python'), { recursive: true })
  const { functions, notes } = findFunctions(constants.FUNCTIONS_SRC, python)
  writeEntries(functions)
  for (const note of notes) console.log(note)
  return functions
}

/** Keeps what is built out of git, and so out of Netlify's scan for secrets, which reads this file alone. */
function ignoreOutput() {
  const text = existsSync('.gitignore') ? readFileSync('.gitignore', 'utf8') : ''
  if (/^\s*(\*\*)?\/?\.netlify(\/?|\/\*{1,2})\s*$/m.test(text)) return
  appendFileSync('.gitignore', `${text && !text.endsWith('\n') ? '\n' : ''}.netlify/\n`)
  console.log('.netlify/ is now in .gitignore: what is built there does not belong in git')
}

/**
 * @param {Inputs} inputs
 * @param {Record<string, import('./functions.js').PythonFunction>} functions
 */
function everyName(inputs, functions) {
  return Object.values(environmentOf(inputs, functions)).flat()
}

/**
 * @param {string} folder
 * @param {import('../python/bridge.mjs').Settings} settings
 */
function writeSettings(folder, settings) {
  mkdirSync(folder, { recursive: true })
  writeFileSync(path.join(folder, 'python.json'), `${JSON.stringify(settings, null, 2)}\n`)
}

/**
 * Puts the files that the page_config module printed into the publish folder.
 *
 * @param {Printed} printed
 * @param {Options['netlifyConfig']} netlifyConfig
 */
function writeFiles({ files = {} }, { build: { publish } }) {
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(publish, name)
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, typeof content === 'string' ? content : `${JSON.stringify(content, null, 2)}\n`)
  }
}

/**
 * Puts the headers that the page_config module printed where they belong.
 *
 * @param {Printed} printed
 * @param {Options['netlifyConfig']} netlifyConfig
 * @returns {string[]} its notes
 */
function applyHeaders({ headers = {}, notes = [] }, netlifyConfig) {
  for (const [pattern, values] of Object.entries(headers))
    netlifyConfig.headers.push({ for: pattern, values })
  return notes
}

/**
 * Ends the build with the message alone where the person can do something about it.
 *
 * @param {Options['utils']} utils
 * @param {() => Promise<void>} work
 */
async function orFail(utils, work) {
  try {
    await work()
  } catch (error) {
    utils.build.failBuild(/** @type {Error} */ (error).message)
  }
}
