import { once } from 'node:events'
import { createServer } from 'node:http'

/**
 * Serves files of one run of `netlify dev` from memory. In the publish folder a second run, or a build beside this
 * one, would write over them.
 *
 * @param {Record<string, unknown>} files name to text, or to another JSON value
 * @returns {Promise<{ from: string, to: string, status: number, force: boolean }[]>} the rules that lead to them
 */
export async function serveFiles(files) {
  const server = createServer(({ url = '' }, response) => {
    const content = files[url.slice(1).replace(/\?.*/, '')]
    const isText = typeof content === 'string'
    response.setHeader('Content-Type', isText ? 'text/plain; charset=utf-8' : 'application/json')
    response.setHeader('Cache-Control', 'no-store')
    response.end(isText ? content : JSON.stringify(content))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  server.unref() // only the CLI keeps this process alive
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  return Object.keys(files).map(name => ({
    from: `/${name}`,
    to: `http://127.0.0.1:${port}/${name}`,
    status: 200,
    force: true,
  }))
}
