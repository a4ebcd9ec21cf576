import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { childEnvironment } from '../python/environment.mjs'
import { KNOWN } from './page_environment.js'

/** Isolated from the machine's Python settings, UTF-8 whatever the locale, a traceback where C code crashes. */
export const INTERPRETER_OPTIONS = ['-I', '-X', 'utf8', '-X', 'faulthandler']

/** The plugin's own scripts run without the person's Python settings, and without the packages of their home. */
const WITHOUT_SETTINGS = ['-E', '-s']

/** Options of the plugin's own scripts, which read and write UTF-8 as Node does. */
export const SCRIPT_OPTIONS = [...WITHOUT_SETTINGS, '-X', 'utf8']

const OLDEST = [3, 8]

/**
 * The Python that the build runs by itself: the project's virtual environment's, else what the machine calls
 * python3 or python, whichever first is new enough.
 *
 * @returns {string}
 * @throws {Error} that says what is wanted
 */
export function projectPython() {
  const tried = ['.venv/bin/python', 'python3', 'python'].map(name => {
    const command = name.includes('/') ? path.resolve(name) : name
    const print = 'import sys; print(sys.version.split()[0])'
    const { stdout } = spawnSync(command, [...WITHOUT_SETTINGS, '-c', print], { encoding: 'utf8' })
    const version = lastLine(stdout ?? '')
    const [major = 0, minor = 0] = version.split('.').map(Number)
    const isNew = major > 3 || (major === OLDEST[0] && minor >= Number(OLDEST[1]))
    return { name, command, version, isNew }
  })
  const found = tried.find(({ isNew }) => isNew)
  if (found) return found.command
  const seen = tried.filter(({ version }) => version).map(({ name, version }) => `${name} is ${version}`)
  throw new Error(
    `The build needs Python ${OLDEST.join('.')} or newer (${seen.join(', ') || 'there is none'}): ` +
      'set PYTHON_VERSION = "3.13" in [build.environment] of netlify.toml, or install it',
  )
}

/**
 * What a script of the plugin's own printed, without what the machine's Python prints as it starts.
 *
 * @param {string} printed
 */
export function lastLine(printed) {
  return printed.trim().split('\n').at(-1) ?? ''
}

/**
 * Finds the project's own Python and makes sure that it has what the functions require.
 *
 * @param {import('./index.js').Inputs} inputs
 * @returns {{ python: string, note: string }} absolute path of the interpreter, and a line where its version is
 *   another than the deployed functions'
 * @throws {Error} that says what to do
 */
export function findPython({ requirements, python: version }) {
  const command = projectPython()
  const script = path.resolve(import.meta.dirname, 'dev_check.py')
  const question = [...SCRIPT_OPTIONS, script, requirements ?? '', version ?? '']
  const { status, stdout, stderr, error } = spawnSync(command, question, { encoding: 'utf8' })
  if (status !== 0) throw new Error(error?.message ?? stderr.trim())
  const found = JSON.parse(lastLine(stdout))
  if (found.missing.length) {
    throw new Error(
      `${command} lacks ${found.missing.join(', ')}; make a virtual environment: ` +
        `python3 -m venv .venv && .venv/bin/pip install -r ${found.requirements}`,
    )
  }
  return { python: found.executable, note: found.note }
}

/** Characters; what is shorter, such as `1` or `on`, stands in many a message by chance. */
const SHORTEST_SECRET = 4

/**
 * A module's words with `${NAME}` for each value that the project gave it: many people may read a build's log.
 * As `without_values` in bundle.py.
 *
 * @param {string} text
 * @param {Record<string, string>} environment
 */
function withoutValues(text, environment) {
  const plain = childEnvironment(environment, KNOWN)
  // Pydantic cuts a long value in its middle, so that it is not found as such.
  const whole = text.replace(/(?<=input_value=).*(?=, input_type=)/g, '…')
  return Object.entries(environment)
    .filter(([name, value]) => !(name in plain) && value.length >= SHORTEST_SECRET)
    .sort(([, one], [, other]) => other.length - one.length)
    .flatMap(([name, value]) =>
      [value, JSON.stringify(value).slice(1, -1)].map(form => [form, `\${${name}}`]),
    )
    .reduce((words, [form = '', name = '']) => words.replaceAll(form, () => name), whole)
}

/**
 * Runs a module and returns the JSON that it prints; where it fails, the error says what it wrote to standard error.
 *
 * @param {string} python
 * @param {string} module
 * @param {string[]} folders for sys.path
 * @param {Record<string, string>} environment
 * @returns {any}
 */
export function runModule(python, module, folders, environment) {
  let printed
  try {
    printed = execFileSync(python, ['-m', module], {
      encoding: 'utf8',
      env: { ...environment, PYTHONPATH: folders.map(folder => path.resolve(folder)).join(path.delimiter) },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
  } catch (error) {
    const { stderr, message } = /** @type {Error & { stderr?: string }} */ (error)
    throw new Error(`python -m ${module} failed: ${withoutValues(stderr?.trim() || message, environment)}`)
  }
  try {
    return JSON.parse(printed)
  } catch {
    const start = withoutValues(printed, environment).slice(0, 200)
    throw new Error(`python -m ${module} printed something that is no JSON: ${start}`)
  }
}

/**
 * Starts a module that lives as long as this process: its standard input ends with it, killed or not.
 *
 * @param {string} python
 * @param {string} module
 * @param {string} source folder for sys.path
 * @param {Record<string, string>} environment
 * @param {string} log file for its standard error; Netlify shows a plugin's output only while an event runs
 * @returns {Promise<{ env: Record<string, string>, notes: string[] }>} its first line
 */
export async function startModule(python, module, source, environment, log) {
  const errors = openSync(log, 'w')
  const child = spawn(python, ['-m', module], {
    env: { ...environment, PYTHONPATH: path.resolve(source) },
    stdio: ['pipe', 'pipe', errors],
    detached: true, // the terminal's Ctrl-C is for the CLI, whose end ends this
  })
  closeSync(errors)
  const stdin = /** @type {import('node:net').Socket} */ (child.stdin)
  const stdout = /** @type {import('node:net').Socket} */ (child.stdout)
  const [line] = await Promise.race([
    once(createInterface({ input: stdout }), 'line'),
    once(child, 'exit').then(() => {
      throw new Error(`python -m ${module} ended at once: ${readFileSync(log, 'utf8').trim()}`)
    }),
  ])
  // Only the CLI keeps this process alive; with a reference to the child it would outlive a CLI that was killed.
  for (const handle of [child, stdin, stdout.resume()]) handle.unref()
  const { env = {}, notes = [] } = JSON.parse(line)
  return { env, notes }
}
