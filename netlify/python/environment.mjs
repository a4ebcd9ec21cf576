/** What a Python process needs of its surroundings, whatever it runs. */
const NEEDED = ['HOME', 'LANG', 'LC_ALL', 'PATH', 'SSL_CERT_DIR', 'SSL_CERT_FILE', 'TMPDIR', 'TZ']

/** Lambda fills these with the credentials of its own role, Netlify with tokens for its own services. */
const NEVER = /^(AWS|NETLIFY)_/

/**
 * Picks the variables that a Python process may see.
 *
 * @param {Record<string, string | undefined>} from
 * @param {string[]} allowed `NAME`, or `PREFIX_*` for all names that begin so
 * @returns {Record<string, string>}
 */
export function childEnvironment(from, allowed) {
  const isAllowed = (/** @type {string} */ name) =>
    !NEVER.test(name) &&
    [...NEEDED, ...allowed].some(pattern =>
      pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern,
    )
  return Object.fromEntries(
    Object.entries(from).flatMap(([name, value]) =>
      value !== undefined && isAllowed(name) ? [[name, value]] : [],
    ),
  )
}
