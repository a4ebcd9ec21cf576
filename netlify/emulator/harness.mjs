/**
 * Runs an unpacked function as Lambda's Node run time would.
 *
 *     node harness.mjs FOLDER DESCRIPTOR
 *
 * Reads invocations from standard input, one line of JSON each: `{ event, requestId }`. Writes what came of each to
 * the descriptor: `{ statusCode, headers, body (base64), milliseconds }`, or `{ error, milliseconds }` for one that
 * the platform would call failed.
 */
import { writeSync } from 'node:fs'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { PassThrough } from 'node:stream'
import { buffer } from 'node:stream/consumers'

/** @typedef {{ statusCode: number, headers?: object, multiValueHeaders?: Record<string, string[]> }} Head */

/** @type {WeakMap<PassThrough, Head>} */
const heads = new WeakMap()

// The entry refers to this global when it is imported.
Object.assign(globalThis, {
  awslambda: {
    streamifyResponse: (/** @type {Function} */ handler) => handler,
    HttpResponseStream: {
      from(/** @type {PassThrough} */ stream, /** @type {Head} */ head) {
        heads.set(stream, head)
        return stream
      },
    },
  },
})

const [folder, descriptor] = /** @type {[string, string]} */ (process.argv.slice(2))
/** @type {Promise<{ handler: Function }> | undefined} */
let entry

for await (const line of createInterface({ input: process.stdin })) {
  const { event, requestId } = JSON.parse(line)
  const start = performance.now()
  const outcome = await invoke(event, requestId).catch(error => ({ error: String(error) }))
  writeSync(
    Number(descriptor),
    `${JSON.stringify({ ...outcome, milliseconds: performance.now() - start })}\n`,
  )
}

/**
 * @param {object} event
 * @param {string} requestId
 */
async function invoke(event, requestId) {
  entry ??= import(path.join(folder, '___netlify-entry-point.mjs'))
  const { handler } = await entry
  const stream = new PassThrough()
  const body = buffer(stream)
  await handler(event, stream, { awsRequestId: requestId, getRemainingTimeInMillis: () => 60_000 })
  stream.end()
  const { statusCode, headers = {}, multiValueHeaders = {} } = /** @type {Head} */ (heads.get(stream))
  const flat = Object.entries(multiValueHeaders).map(([name, values]) => [name, values.join(', ')])
  return {
    statusCode,
    headers: { ...headers, ...Object.fromEntries(flat) },
    body: (await body).toString('base64'),
  }
}
