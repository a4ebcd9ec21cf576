import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/**
 * The variables as functions see them under `netlify dev`, where the shell wins over `.env` and netlify.toml.
 *
 * A plugin's own environment has it the other way round: Netlify Build lays the variables of the files over those
 * of the shell (`getChildEnv` in https://github.com/netlify/build). So a key that the shell masks with an empty
 * value would reach the plugin all the same. The CLI is the parent process; what it was started with settles it.
 *
 * @returns {Record<string, string | undefined>}
 */
export function devEnvironment() {
  return { ...process.env, ...startedWith(process.ppid) }
}

/**
 * @param {number} pid
 * @returns {Record<string, string>}
 */
function startedWith(pid) {
  if (process.platform === 'linux') return variables(readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0'))
  // The command, then the variables, separated by spaces only: a value may hold some as well.
  const listed = execFileSync('ps', ['eww', '-o', 'command=', '-p', String(pid)], { encoding: 'utf8' })
  return variables(listed.split(/\s(?=[A-Za-z_][A-Za-z0-9_]*=)/).slice(1))
}

/**
 * @param {string[]} assignments
 * @returns {Record<string, string>}
 */
function variables(assignments) {
  return Object.fromEntries(
    assignments
      .filter(assignment => assignment.includes('='))
      .map(assignment => [
        assignment.slice(0, assignment.indexOf('=')),
        assignment.slice(assignment.indexOf('=') + 1).trimEnd(),
      ]),
  )
}
