import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { createInterface } from 'node:readline'

/** Isolated from the machine's Python settings, UTF-8 whatever the locale, a traceback where C code crashes. */
export const INTERPRETER_OPTIONS = ['-I', '-X', 'utf8', '-X', 'faulthandler']

const MISSING_PACKAGES = `
import importlib.metadata, json, sys
def is_missing(name):
    try:
        importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return True
print(json.dumps([name for name in sys.argv[1:] if is_missing(name)]))
`

/** The project's own Python: its virtual environment's, else what the machine calls python3. */
export function projectPython() {
  const venv = path.resolve('.venv/bin/python')
  return existsSync(venv) ? venv : 'python3'
}

/**
 * Finds the project's own Python and makes sure that it has what the functions require.
 *
 * @param {string} requirements file of requirements; may be missing
 * @returns {string} absolute path of the interpreter
 * @throws {Error} that says what to do
 */
export function findPython(requirements) {
  const command = projectPython()
  const how = `make a virtual environment: python3 -m venv .venv && .venv/bin/pip install -r ${requirements}`
  const ask = (/** @type {string[]} */ ...options) => {
    try {
      return execFileSync(command, [...INTERPRETER_OPTIONS, ...options], { encoding: 'utf8' }).trim()
    } catch (error) {
      throw new Error(`No Python that starts (${command}: ${/** @type {Error} */ (error).message}); ${how}`)
    }
  }
  const missing = JSON.parse(ask('-c', MISSING_PACKAGES, ...requiredNames(requirements)))
  if (missing.length) throw new Error(`${command} lacks ${missing.join(', ')}; ${how}`)
  return path.isAbsolute(command) ? command : ask('-c', 'import sys; print(sys.executable)')
}

/**
 * @param {string} requirements
 * @returns {string[]} names of the packages that are required whatever the platform
 */
function requiredNames(requirements) {
  if (!existsSync(requirements)) return []
  return readFileSync(requirements, 'utf8')
    .split('\n')
    .filter(line => !line.includes(';'))
    .flatMap(line => /^[A-Za-z0-9][A-Za-z0-9._-]*/.exec(line) ?? [])
}

/**
 * Runs a module and returns the JSON that it prints; what it writes to standard error is shown.
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
    throw new Error(`python -m ${module} failed: ${stderr?.trim() || message}`)
  }
  try {
    return JSON.parse(printed)
  } catch {
    throw new Error(`python -m ${module} printed something that is no JSON: ${printed.slice(0, 200)}`)
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
