/**
 * Whether a request of `netlify dev` was sent by this machine to this machine.
 *
 * The CLI listens on every interface, and a page of another site can lead a browser here under a name of its own
 * (DNS rebinding): neither a neighbour nor such a page may use what the developer's variables open.
 *
 * @param {string} url the request's, with the host that the client named
 * @param {string | undefined} ip the client's address
 */
export function isLocal(url, ip) {
  return isLoopback(new URL(url).hostname) && (ip === undefined || isLoopback(ip))
}

/** @param {string} host a name or an address: https://www.rfc-editor.org/rfc/rfc6761#section-6.3 */
function isLoopback(host) {
  return /^(?:(?:.+\.)?localhost|(?:::ffff:)?127(?:\.\d{1,3}){3}|\[?::1\]?)$/.test(host)
}
