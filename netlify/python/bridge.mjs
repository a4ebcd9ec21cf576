/**
 * Runs a Python handler inside a Netlify function.
 *
 *     import { python } from '../python/bridge.mjs'
 *     export default python('package.module.handler', { timeoutSeconds: 10 })
 *
 * The handler lives in a CPython child process (host.py). Deployed, the child stays for the invocations that
 * follow, as Lambda freezes and thaws it together with this process. Under `netlify dev`, where every
 * invocation is a new worker thread, a child serves one invocation and is gone before the answer.
 */
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { StringDecoder } from 'node:string_decoder'
import { setImmediate } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { childEnvironment } from './environment.mjs'
import { isLocal } from './loopback.mjs'

/** Longest header or body that is taken for a frame; Netlify carries at most 6 MB either way. */
const LONGEST = 32 * 1024 * 1024

const PREFIX_BYTES = 8

/** Characters of a line that are printed at once, be it at its end or not. */
const LOG_PIECE = 16_384

/** Seconds that a function has: a little less than Netlify gives it, so that it can still say what went wrong. */
export const SECONDS = { synchronous: 58, scheduled: 28, background: 840 }

/** How long a request may take while a debugger holds it. */
const DEBUGGED_SECONDS = 3600

/** The variable that makes Python wait for a debugger; under `netlify dev` alone. */
const debugged = () =>
  process.env.NETLIFY_DEV === 'true' && process.env.DEBUGPY_PORT
    ? { DEBUGPY_PORT: process.env.DEBUGPY_PORT }
    : undefined

/**
 * @typedef {object} Settings python.json, which the build plugin writes beside what it describes.
 * @property {string} python the interpreter, as are all paths relative to python.json's folder
 * @property {string} host host.py
 * @property {string[]} path folders for sys.path
 * @property {string[]} arguments options for the interpreter
 * @property {string} [functions] folder of the functions that are files of their own
 * @property {Record<string, string[]>} environment for each handler, and `*` for the others: names (`NAME` or
 *   `PREFIX_*`) of the variables that the child may see
 * @property {Record<string, unknown>} [problemMembers] what problem documents have besides; see manifest.yml
 *
 * @typedef {object} NetlifyContext the part of Netlify's context that events are made of
 * @property {string} [requestId]
 * @property {string} [ip]
 * @property {{ id?: string, name?: string, url?: string }} [site]
 * @property {{ id?: string, context?: string, published?: boolean }} [deploy]
 * @property {Record<string, string>} [params] what the path's pattern caught
 *
 * @typedef {object} Answer
 * @property {number} answer the id of the request
 * @property {{ error: string, place: string | null }} [failed] what the handler raised, and the line of the
 *   project's own code; the traceback is in the log
 * @property {number} [statusCode] missing when the handler returned None
 * @property {Record<string, unknown[]>} [headers]
 */

/** A request that Python did not answer. */
class PythonFailure extends Error {
  /**
   * @param {string} message
   * @param {'internal_error' | 'timeout'} [code]
   * @param {{ error?: string, place?: string | null }} [raised]
   */
  constructor(message, code = 'internal_error', { error, place } = {}) {
    super(message)
    this.name = 'PythonFailure'
    this.code = code
    this.error = error
    this.place = place ?? undefined
  }
}

/**
 * Makes the function that Netlify calls.
 *
 * A failure of Python itself (crash, deadline, an exception in the handler) is answered with a problem
 * document (RFC 9457); in a background function it is thrown, since a throw is what makes Netlify deliver
 * the request again.
 *
 * @param {string} handler `package.module.function`, or the path of a file below the folder of functions
 * @param {{ timeoutSeconds?: number, background?: boolean, name?: string }} [options]
 * @returns {(request: Request, context: NetlifyContext) => Promise<Response>}
 */
export function python(handler, { background = false, timeoutSeconds, name = handler } = {}) {
  const seconds = timeoutSeconds ?? (background ? SECONDS.background : SECONDS.synchronous)
  const children = new Children(handler)
  const memoryMb = Number(process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE ?? 1024)
  return async (request, context) => {
    const begun = performance.now()
    const deadline = Date.now() + (debugged() ? DEBUGGED_SECONDS : seconds) * 1000
    const requestId = context.requestId || crypto.randomUUID()
    if (isClosed(request, context)) return problem('foreign_host', requestId, children.problemMembers)
    try {
      const body = Buffer.from(await request.arrayBuffer())
      const event = proxyEvent(request, context, requestId)
      const fields = { event, requestId, functionName: name, memoryMb }
      const [answer, answerBody] = await children.call(fields, body, deadline)
      if (answer.failed)
        throw new PythonFailure('the handler raised an exception', 'internal_error', answer.failed)
      if (answer.statusCode === undefined && !background) throw new PythonFailure('the handler returned None')
      return timed(response(answer, answerBody), begun)
    } catch (error) {
      const failure = /** @type {Partial<PythonFailure> & Error} */ (error)
      const { code = 'internal_error', message } = failure
      console.error(
        JSON.stringify({
          level: 'error',
          action: 'python.failed',
          requestId,
          handler,
          code,
          reason: message,
          error: failure.error,
          place: failure.place,
        }),
      )
      if (background) throw error
      return timed(problem(code, requestId, children.problemMembers), begun)
    }
  }
}

/**
 * Whether this is `netlify dev`, and the request not the developer's own. PYTHON_DEV_OPEN=1 lets everybody in.
 *
 * @param {Request} request
 * @param {NetlifyContext} context
 */
function isClosed(request, context) {
  const { NETLIFY_DEV, PYTHON_DEV_OPEN } = process.env
  return NETLIFY_DEV === 'true' && PYTHON_DEV_OPEN !== '1' && !isLocal(request.url, context.ip)
}

/**
 * Adds how long the whole took, the start of Python included, beside what the handler says of itself:
 * https://www.w3.org/TR/server-timing/
 *
 * @param {Response} response
 * @param {number} begun by performance.now()
 */
function timed(response, begun) {
  response.headers.append('Server-Timing', `bridge;dur=${(performance.now() - begun).toFixed(1)}`)
  return response
}

/** The children of one handler: at most one waits for the next request. */
class Children {
  #handler
  #keep = process.env.NETLIFY_DEV !== 'true'
  #isRehearsed = false
  /** @type {Child | undefined} */
  #idle
  /** @type {Record<string, unknown>} */
  problemMembers = {}

  /** @param {string} handler */
  constructor(handler) {
    this.#handler = handler
    try {
      // The entry is imported inside the first invocation, with the environment complete: Python can start
      // while the request is still being read.
      this.#idle = this.#start()
    } catch {
      // Starting again for the request fails again, where it can be answered.
    }
  }

  /**
   * @param {object} fields
   * @param {Buffer} body
   * @param {number} deadline milliseconds since 1970
   * @returns {Promise<[Answer, Buffer]>}
   */
  async call(fields, body, deadline) {
    // A child that died since the last request is seen to be dead after this.
    await pendingEvents()
    const idle = this.#idle
    this.#idle = undefined
    // A child that ended before its first request says why (an import that failed); a new one would repeat it.
    const child = idle && !(idle.ended && idle.served) ? idle : this.#start()
    const answering = child.call(fields, body, deadline)
    if (!this.#isRehearsed) rehearse().catch(() => {})
    this.#isRehearsed = true
    const answer = await answering
    if (this.#keep && !this.#idle) this.#idle = child
    else await child.kill()
    return answer
  }

  #start() {
    const found = settings()
    this.problemMembers = found.problemMembers ?? {}
    return new Child(this.#handler, found)
  }
}

/** One Python process. It answers one request at a time. */
class Child {
  served = 0
  ended = false
  #process
  /** @type {(() => void)[]} */
  #flushes = []
  /** @type {{ ref: () => void, unref: () => void }[]} */
  #handles
  /** @type {PythonFailure | undefined} */
  #failure
  /** @type {Promise<void>} */
  #exit
  /** @type {{ resolve: (answer: [Answer, Buffer]) => void, reject: (error: PythonFailure) => void } | undefined} */
  #waiting

  /**
   * @param {string} handler
   * @param {Settings} settings
   */
  constructor(handler, settings) {
    const file = settings.functions && handler.endsWith('.py') && path.resolve(settings.functions, handler)
    this.#process = spawn(
      settings.python,
      [...settings.arguments, settings.host, file || handler, ...settings.path],
      {
        env: {
          ...childEnvironment(process.env, settings.environment[handler] ?? settings.environment['*'] ?? []),
          ...debugged(),
        },
        stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
        detached: true, // a process group of its own, so that kill() reaches what the handler started
      },
    )
    this.#exit = new Promise(resolve => {
      this.#process.once('error', error => resolve(this.#end(`Python did not start: ${error.message}`)))
      this.#process.once('exit', (status, signal) =>
        resolve(this.#end(`Python ended with ${signal ?? `status ${status}`}`)),
      )
    })
    const { stdin, stdout, stderr, stdio } = this.#process
    const frames = /** @type {import('node:net').Socket} */ (stdio[3])
    this.#flushes = [relayLines(stdout, 'info'), relayLines(stderr, 'error')]
    frames.on(
      'data',
      frameReader(
        (header, body) => this.#take(header, body),
        () => this.#fail('Python wrote something that is no answer'),
      ),
    )
    stdin.on('error', () => {}) // a child that is gone says so by its exit
    frames.on('error', () => {})
    const sockets = /** @type {import('node:net').Socket[]} */ ([stdin, stdout, stderr, frames])
    this.#handles = [this.#process, ...sockets]
    // An idle child must not keep this process alive.
    for (const handle of this.#handles) handle.unref()
  }

  /**
   * @param {object} fields
   * @param {Buffer} body
   * @param {number} deadline milliseconds since 1970
   * @returns {Promise<[Answer, Buffer]>} rejects with PythonFailure, once the process is gone
   */
  async call(fields, body, deadline) {
    if (this.ended) {
      await this.#exit
      throw this.#failure
    }
    this.served += 1
    // Nothing else may be left to wait for: without this, Node would end before the answer.
    for (const handle of this.#handles) handle.ref()
    const timer = setTimeout(
      () => this.#fail('Python gave no answer in time', 'timeout'),
      deadline - Date.now(),
    )
    try {
      return await new Promise((resolve, reject) => {
        this.#waiting = { resolve, reject }
        const header = Buffer.from(JSON.stringify({ id: this.served, deadlineMs: deadline, ...fields }))
        const prefix = Buffer.alloc(PREFIX_BYTES)
        prefix.writeUInt32BE(header.length, 0)
        prefix.writeUInt32BE(body.length, 4)
        const { stdin } = this.#process
        stdin.cork()
        for (const part of [prefix, header, body]) stdin.write(part)
        stdin.uncork()
      })
    } finally {
      clearTimeout(timer)
      for (const handle of this.#handles) handle.unref()
    }
  }

  /** Ends the process and all that it started; resolves when it is reaped. */
  async kill() {
    this.#failure ??= new PythonFailure('Python was ended')
    this.#killGroup()
    await this.#exit
  }

  #killGroup() {
    try {
      if (this.#process.pid) process.kill(-this.#process.pid, 'SIGKILL')
    } catch {
      // Nothing of it is left.
    }
  }

  /**
   * @param {string} reason
   * @param {'internal_error' | 'timeout'} [code]
   */
  #fail(reason, code) {
    this.#failure ??= new PythonFailure(reason, code)
    this.#killGroup()
  }

  /** @param {string} reason */
  async #end(reason) {
    this.ended = true
    this.#failure ??= new PythonFailure(reason)
    this.#killGroup()
    await this.#lastWords()
    this.#waiting?.reject(this.#failure)
    this.#waiting = undefined
  }

  /** Resolves when everything is printed that the child wrote to descriptors 1 and 2 before now. */
  async #lastWords() {
    await pendingEvents()
    for (const flush of this.#flushes) flush()
  }

  /**
   * @param {any} header
   * @param {Buffer} body
   */
  #take(header, body) {
    if (header.log) {
      print(header.log, body.toString())
    } else if (this.#waiting && header.answer === this.served) {
      const { resolve } = this.#waiting
      this.#waiting = undefined
      this.#lastWords().then(() => resolve([header, body]))
    } else {
      this.#fail('Python answered no request')
    }
  }
}

/**
 * @param {(header: any, body: Buffer) => void} take
 * @param {() => void} fail
 * @returns {(chunk: Buffer) => void}
 */
function frameReader(take, fail) {
  /** @type {Buffer[]} */
  let chunks = []
  let size = 0
  let wanted = PREFIX_BYTES
  return chunk => {
    chunks.push(chunk)
    size += chunk.length
    while (size >= wanted) {
      const data = chunks.length === 1 ? /** @type {Buffer} */ (chunks[0]) : Buffer.concat(chunks)
      const [headerBytes, bodyBytes] = [data.readUInt32BE(0), data.readUInt32BE(4)]
      if (headerBytes > LONGEST || bodyBytes > LONGEST) return fail()
      wanted = PREFIX_BYTES + headerBytes + bodyBytes
      chunks = [data]
      if (size < wanted) return
      const bodyStart = PREFIX_BYTES + headerBytes
      let header
      try {
        header = JSON.parse(data.toString('utf8', PREFIX_BYTES, bodyStart))
      } catch {
        return fail()
      }
      const body = data.subarray(bodyStart, wanted)
      chunks = [data.subarray(wanted)]
      size -= wanted
      wanted = PREFIX_BYTES
      take(header ?? {}, body)
    }
  }
}

/**
 * Prints what a stream carries, line by line.
 *
 * @param {import('node:stream').Readable} stream
 * @param {string} level
 * @returns {() => void} prints a last line that has no end yet
 */
function relayLines(stream, level) {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  const flush = () => {
    if (rest) print(level, rest)
    rest = ''
  }
  stream.on('data', chunk => {
    const lines = (rest + decoder.write(chunk)).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) print(level, line)
    if (rest.length >= LOG_PIECE) flush()
  })
  stream.on('end', flush)
  stream.on('error', () => {})
  return flush
}

/**
 * @param {string} level
 * @param {string} text
 */
function print(level, text) {
  const line = text.endsWith('\n') ? text.slice(0, -1) : text
  if (level === 'error') console.error(line)
  else if (level === 'warn') console.warn(line)
  else if (level === 'debug') console.debug(line)
  else console.info(line)
}

/** Resolves when everything that had happened before the call, a child's end or output, has been taken note of. */
async function pendingEvents() {
  // The first turn may end without asking the system for events, the second does ask.
  await setImmediate()
  await setImmediate()
}

/**
 * Finds python.json from this file upwards. Netlify's packager bundles this module into the entry and chooses
 * the root of the zip itself, which may be `.netlify`, so that no path from here is fixed.
 *
 * @returns {Settings}
 */
function settings() {
  const isDev = process.env.NETLIFY_DEV === 'true'
  const file = path.join('python', isDev ? 'dev' : 'bundle', 'python.json')
  const start = path.dirname(fileURLToPath(import.meta.url))
  // With a `base` in netlify.toml the CLI runs functions from its own folder, the plugin in that one.
  const prepared = (isDev && process.env.PYTHON_DEV_SETTINGS) || ''
  for (let folder = start; ; folder = path.dirname(folder)) {
    const candidate = [prepared, path.join(folder, '.netlify', file), path.join(folder, file)].find(
      existsSync,
    )
    if (candidate) {
      const found = JSON.parse(readFileSync(candidate, 'utf8'))
      const absolute = (/** @type {string} */ relative) => path.resolve(path.dirname(candidate), relative)
      return {
        ...found,
        python: absolute(found.python),
        host: absolute(found.host),
        path: found.path.map(absolute),
        functions: found.functions && absolute(found.functions),
      }
    }
    if (folder === path.dirname(folder)) {
      const way = isDev
        ? 'run `netlify dev`, which prepares Python; `netlify functions:serve` works after that, as it runs no plugin'
        : 'the plugin must be in netlify.toml, and the deploy must build: not `netlify deploy --no-build`'
      throw new PythonFailure(`no .netlify/${file} above ${start}: ${way}`)
    }
  }
}

/**
 * The request as the event of API Gateway's proxy integration, format 1.0, without its body;
 * `requestContext.netlify` adds what only Netlify knows.
 *
 * @param {Request} request
 * @param {NetlifyContext} context
 * @param {string} requestId
 */
function proxyEvent(request, context, requestId) {
  const url = new URL(request.url)
  const scheme = url.protocol.slice(0, -1)
  // What API Gateway always sends.
  const headers = {
    host: url.host,
    ...(context.ip ? { 'x-forwarded-for': context.ip } : {}),
    'x-forwarded-port': url.port || (scheme === 'https' ? '443' : '80'),
    'x-forwarded-proto': scheme,
    ...Object.fromEntries(request.headers),
  }
  // One pass: a stranger sends as many as fit into an address.
  const query = [...Map.groupBy(url.searchParams, ([name]) => name)].map(
    ([name, pairs]) => /** @type {const} */ ([name, pairs.map(([, value]) => value)]),
  )
  const params = Object.entries(context.params ?? {})
  const resource = resourceOf(url.pathname, params)
  const now = new Date()
  return {
    resource,
    httpMethod: request.method,
    path: url.pathname,
    headers,
    multiValueHeaders: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
    queryStringParameters: query.length ? Object.fromEntries(url.searchParams) : null,
    multiValueQueryStringParameters: query.length ? Object.fromEntries(query) : null,
    pathParameters: params.length ? Object.fromEntries(params) : null,
    stageVariables: null,
    requestContext: {
      accountId: '000000000000',
      apiId: 'netlify',
      resourceId: 'netlify',
      resourcePath: resource,
      stage: context.deploy?.context ?? 'dev',
      httpMethod: request.method,
      path: url.pathname,
      protocol: 'HTTP/1.1',
      requestId,
      requestTime: commonLogTime(now),
      requestTimeEpoch: now.getTime(),
      authorizer: null,
      identity: { sourceIp: context.ip ?? null, userAgent: request.headers.get('user-agent') },
      domainName: url.host,
      netlify: {
        site: {
          id: context.site?.id ?? null,
          name: context.site?.name ?? null,
          url: context.site?.url ?? null,
        },
        deploy: {
          id: context.deploy?.id ?? null,
          context: context.deploy?.context ?? null,
          published: context.deploy?.published ?? null,
        },
        url: request.url,
      },
    },
  }
}

/**
 * The path with the names of what its pattern caught, as in `/items/{id}`.
 *
 * @param {string} pathname
 * @param {[string, string][]} params
 */
function resourceOf(pathname, params) {
  if (!params.length) return pathname
  const parts = pathname.split('/')
  const texts = parts.map(decoded)
  // A value may stand elsewhere in the path too: more often before its place, as in `/items/items`.
  for (const [name, value] of params.toReversed()) {
    const place = texts.lastIndexOf(value)
    if (place >= 0) parts[place] = texts[place] = `{${name}}`
  }
  return parts.join('/')
}

/** @param {string} part of a path */
function decoded(part) {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

/**
 * A time as API Gateway writes it: `25/Nov/2026:17:42:00 +0000`.
 *
 * @param {Date} time
 */
function commonLogTime(time) {
  const [, day, month, year, clock] = time.toUTCString().split(' ')
  return `${day}/${month}/${year}:${clock} +0000`
}

/** Statuses whose response has none: https://fetch.spec.whatwg.org/#null-body-status */
const NO_BODY = [204, 205, 304]

/**
 * @param {Answer} answer
 * @param {Buffer} body
 */
function response({ statusCode = 204, headers = {} }, body) {
  const all = new Headers()
  for (const [name, values] of Object.entries(headers)) {
    for (const value of values) all.append(name, String(value))
  }
  const hasBody = body.length > 0 && !NO_BODY.includes(statusCode)
  return new Response(hasBody ? /** @type {Uint8Array<ArrayBuffer>} */ (body) : null, {
    status: statusCode,
    headers: all,
  })
}

/**
 * Takes an answer through what the platform does with one: the first costs some milliseconds in which Node loads
 * and compiles, and while Python starts there is nothing else to do.
 */
async function rehearse() {
  const { body } = timed(
    response({ answer: 0, statusCode: 200, headers: { vary: ['*'] } }, Buffer.from('.')),
    0,
  )
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  await pipeline(Readable.fromWeb(/** @type {any} */ (body)), nowhere)
}

/** @type {Record<'internal_error' | 'timeout' | 'foreign_host', [number, string, string]>} */
const PROBLEMS = {
  internal_error: [
    500,
    'Internal Server Error',
    'The function failed. Its log names the reason under this request id.',
  ],
  timeout: [504, 'Gateway Timeout', 'The function took too long to answer.'],
  foreign_host: [
    403,
    'Forbidden',
    'The development server answers requests from this machine to localhost. PYTHON_DEV_OPEN=1 opens it.',
  ],
}

/**
 * @param {keyof typeof PROBLEMS} code
 * @param {string} requestId
 * @param {Record<string, unknown>} members
 */
function problem(code, requestId, members) {
  const [status, title, detail] = PROBLEMS[code]
  const added = Object.entries(members).map(([name, value]) => [
    name,
    typeof value === 'string' ? value.replaceAll('{detail}', detail) : value,
  ])
  // Netlify applies netlify.toml's headers to files only.
  const headers = {
    'Content-Type': 'application/problem+json',
    'Cache-Control': 'no-store',
    'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Referrer-Policy': 'no-referrer',
    'Strict-Transport-Security': 'max-age=31536000',
    'X-Content-Type-Options': 'nosniff',
    'X-Request-Id': requestId,
  }
  const document = { ...Object.fromEntries(added), type: 'about:blank', title, status, detail, code }
  return new Response(JSON.stringify(document), { status, headers })
}
