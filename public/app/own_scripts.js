/**
 * The page's own scripts for workers. The Content-Security-Policy asks for trusted types, so that no text becomes a
 * script's address but by the policy made here, which knows two.
 * https://www.w3.org/TR/trusted-types/
 */

/** @typedef {'/service_worker.js' | '/app/photo_worker.js'} OwnScript */

const OWN = ['/service_worker.js', '/app/photo_worker.js']

/**
 * @typedef {object} TrustedTypes what this module uses of a browser's `trustedTypes`; TypeScript has no types for it
 * @property {(name: string, rules: {createScriptURL: (path: string) => string}) =>
 *   {createScriptURL: (path: string) => string}} createPolicy
 */

const { trustedTypes } = /** @type {{trustedTypes?: TrustedTypes}} */ (/** @type {unknown} */ (globalThis))

/** @type {ReturnType<TrustedTypes['createPolicy']> | undefined} */
let policy

/**
 * The address of one of them, as the browser takes it.
 * @param {OwnScript} path
 * @throws where the browser allows no policy
 */
export function ownScript(path) {
  policy ??= trustedTypes?.createPolicy('own-scripts', {
    createScriptURL(name) {
      if (OWN.includes(name)) return name
      throw new TypeError(`${name} is no script of this page`)
    },
  })
  return policy ? policy.createScriptURL(path) : path
}
