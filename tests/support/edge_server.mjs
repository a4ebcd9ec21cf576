/**
 * A site of `netlify dev` as visitors of a hosted one get it: by TLS, HTTP/2 and Brotli, and the bucket likewise.
 *
 * Run as `node edge_server.mjs PEM SITE BUCKET`: the file has key and certificate, the others are origins. Prints
 * its port, and ends with its standard input. The site is at https://localhost, the bucket at https://127.0.0.1,
 * which is another origin, as it is for visitors.
 */
import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { createSecureServer } from 'node:http2'
import { buffer } from 'node:stream/consumers'
import { brotliCompressSync } from 'node:zlib'

const [pem = '', site = '', bucket = ''] = process.argv.slice(2)
const TEXT = /^(?:text\/|image\/svg|application\/(?:json|problem\+json|javascript|manifest\+json))/
/** Of one connection alone, and so none of HTTP/2's: https://www.rfc-editor.org/rfc/rfc9113#section-8.2.2 */
const OF_THE_CONNECTION = ['connection', 'keep-alive', 'transfer-encoding']

const keyAndCertificate = readFileSync(pem)
const server = createSecureServer(
  { key: keyAndCertificate, cert: keyAndCertificate },
  async (asked, answer) => {
    const { hostname, host: ownHost } = new URL(`https://${asked.headers[':authority']}`)
    const seenBucket = `https://${ownHost.replace('localhost', '127.0.0.1')}`
    const upstream = new URL(asked.url, hostname === 'localhost' ? site : bucket)
    const headers = Object.entries(asked.headers).filter(([name]) => !name.startsWith(':'))
    const forwarded = request(
      upstream,
      { method: asked.method, headers: { ...Object.fromEntries(headers), host: upstream.host } },
      async found => {
        const kept = Object.entries(found.headers).filter(([name]) => !OF_THE_CONNECTION.includes(name))
        const sent = Object.fromEntries(kept)
        const policy = sent['content-security-policy']
        if (policy) sent['content-security-policy'] = String(policy).replaceAll(bucket, seenBucket)
        let body = await buffer(found)
        if (found.statusCode === 200 && TEXT.test(found.headers['content-type'] ?? '')) {
          body = brotliCompressSync(body.toString().replaceAll(bucket, seenBucket))
          sent['content-encoding'] = 'br'
          sent['content-length'] = String(body.length)
        }
        answer.writeHead(found.statusCode ?? 502, sent)
        answer.end(body)
      },
    )
    forwarded.on('error', () => answer.stream.destroy())
    forwarded.end(await buffer(asked))
  },
)
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (address && typeof address === 'object') console.log(address.port)
})
process.stdin.on('end', () => process.exit()).resume()
