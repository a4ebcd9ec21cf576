import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { childEnvironment } from '../python/environment.mjs'
import { environmentOf } from './functions.js'
import { findPython, INTERPRETER_OPTIONS, projectPython, SCRIPT_OPTIONS } from './interpreter.js'

const OUTPUT = '.netlify/python/bundle'
const STATE = `${OUTPUT}.json`

/** What a build leaves for the next one. */
export const BUILT = [OUTPUT, STATE]

/**
 * Brings the bundle up to date; see bundle.py.
 *
 * @param {import('./index.js').Inputs} inputs
 * @param {Record<string, import('./functions.js').PythonFunction>} functions
 * @param {string | undefined} folder of the functions
 * @returns {Record<string, string[]>} the globs of each function's files
 * @throws {Error} that says what cannot be bundled, and the way out
 */
export function bundle(inputs, functions, folder) {
  const { source, requirements, exclude, only, problem_members, python } = inputs
  const environment = environmentOf(inputs, functions)
  const plan = {
    functions: Object.fromEntries(Object.entries(functions).map(([name, { handler }]) => [name, handler])),
    functions_folder: folder,
    source,
    requirements,
    exclude,
    only,
    environment,
    variables: Object.fromEntries(
      Object.entries(environment).map(([handler, names]) => [handler, childEnvironment(process.env, names)]),
    ),
    problem_members,
    python,
    arguments: [...INTERPRETER_OPTIONS, '-B'], // the zip is read-only
  }
  const script = path.resolve(import.meta.dirname, 'bundle.py')
  const { status, stderr, error } = spawnSync(projectPython(), [...SCRIPT_OPTIONS, script, OUTPUT], {
    input: JSON.stringify(plan),
    stdio: ['pipe', 'inherit', 'pipe'],
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(error?.message ?? stderr.trim())
  return JSON.parse(readFileSync(STATE, 'utf8')).included
}

/**
 * The interpreter for what the build itself runs of the project: the bundle's, or the project's own where that
 * cannot run.
 *
 * @param {import('./index.js').Inputs} inputs
 * @returns {[string, string[]]} it and the folders for sys.path
 */
export function interpreterOfBundle(inputs) {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    return [findPython(inputs).python, [inputs.source]]
  return [path.resolve(OUTPUT, 'python/bin/python3'), [`${OUTPUT}/source`, `${OUTPUT}/packages`]]
}
