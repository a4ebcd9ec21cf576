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

const policy = trustedTypes?.createPolicy('own-scripts', {
  createScriptURL(path) {
    if (OWN.includes(path)) return path
    throw new TypeError(`${path} is no script of this page`)
  },
})

/**
 * The address of one of them, as the browser takes it.
 * @param {OwnScript} path
 */
export function ownScript(path) {
  return policy ? policy.createScriptURL(path) : path
}
