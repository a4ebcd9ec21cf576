/**
 * Preloaded into the Netlify CLI by dev.py: a server that names no host listens on loopback. The CLI has no option
 * for it and would listen on every interface (`listen` in netlify-cli's utils/proxy.js and lib/functions/server.js).
 *
 * The query of this module's address names the one port that has a host of its own.
 */
import { Server } from 'node:net'

const LOOPBACK = '127.0.0.1'
const asked = new URL(import.meta.url).searchParams
const listen = Server.prototype.listen

/** @param {unknown} port */
const hostOf = port => (String(port) === asked.get('port') ? (asked.get('host') ?? LOOPBACK) : LOOPBACK)

/** @param {any[]} args those of https://nodejs.org/api/net.html#serverlisten */
Server.prototype.listen = function (...args) {
  const [first, second] = args
  if (typeof first === 'number' && typeof second !== 'string') args.splice(1, 0, hostOf(first))
  else if (first?.port !== undefined && !first.host) args[0] = { ...first, host: hostOf(first.port) }
  return listen.apply(this, /** @type {any} */ (args))
}
