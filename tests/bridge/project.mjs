/** Makes small projects in temporary folders: an entry, the bridge, and a Python handler. */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'

export const REPOSITORY = path.resolve(import.meta.dirname, '../..')
export const PYTHON = execFileSync('python3', ['-c', 'import sys; print(sys.executable)'], {
  encoding: 'utf8',
}).trim()

/** @typedef {{ level: string, text: string }} Line */

/**
 * @param {import('node:test').TestContext} t
 * @param {string} source Python that defines `handler`
 * @param {{ place?: 'bundle' | 'dev', environment?: string[], problemMembers?: object }} [options]
 * @returns {string} the project's folder
 */
export function makeProject(t, source, { place = 'bundle', environment = [], problemMembers = {} } = {}) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'bridge-'))
  t.after(() => rmSync(folder, { recursive: true }))
  cpSync(path.join(REPOSITORY, 'netlify/python'), path.join(folder, 'netlify/python'), { recursive: true })
  const settings = {
    python: PYTHON,
    host: '../../../netlify/python/host.py',
    path: ['../../../src'],
    arguments: ['-I', '-B', '-X', 'utf8', '-X', 'faulthandler'],
    functions: '../../../functions',
    environment: { '*': environment },
    problemMembers,
  }
  mkdirSync(path.join(folder, '.netlify/python', place), { recursive: true })
  writeFileSync(path.join(folder, '.netlify/python', place, 'python.json'), JSON.stringify(settings))
  mkdirSync(path.join(folder, 'src'))
  writeHandler(folder, source)
  return folder
}

/**
 * @param {string} folder
 * @param {string} source
 */
export function writeHandler(folder, source) {
  writeFileSync(path.join(folder, 'src/example.py'), source)
}

/**
 * @typedef {object} Caller
 * @property {Line[]} lines what was printed since the test began
 * @property {(request?: Request, context?: object) => Promise<Response>} call
 */

/**
 * Imports the project's bridge and returns what calls the handler.
 *
 * @param {import('node:test').TestContext} t
 * @param {string} folder
 * @param {{ timeoutSeconds?: number, background?: boolean, handler?: string }} [options]
 * @returns {Promise<Caller>}
 */
export async function load(
  t,
  folder,
  { timeoutSeconds = 20, background = false, handler = 'example.handler' } = {},
) {
  /** @type {Line[]} */
  const lines = []
  for (const level of /** @type {const} */ (['debug', 'info', 'warn', 'error'])) {
    t.mock.method(console, level, (/** @type {string} */ text) => lines.push({ level, text }))
  }
  const bridge = await import(path.join(folder, 'netlify/python/bridge.mjs'))
  const entry = bridge.python(handler, { timeoutSeconds, background })
  /** @type {Caller['call']} */
  const call = async (
    request = new Request('https://site.example/api/x'),
    context = { requestId: 'request-1' },
  ) => entry(request, context)
  return { lines, call }
}

/**
 * @param {import('node:test').TestContext} t
 * @param {string} source
 * @param {{ timeoutSeconds?: number, background?: boolean, place?: 'bundle' | 'dev', environment?: string[], problemMembers?: object }} [options]
 */
export async function project(t, source, options = {}) {
  return load(t, makeProject(t, source, options), options)
}

/** @param {number} pid */
export function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
