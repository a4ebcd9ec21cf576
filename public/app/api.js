/**
 * The site's HTTP interface. Every failure comes back as a value: it is part of the job's story, not an
 * exception. An answer that is not the site's own (a proxy's error page, the platform's) is a failure like others,
 * whatever its status.
 */

/** The texts that each of the site's answers has: what lacks one comes from something between us and the site. */
const START_TEXTS = ['jobId', 'ownerToken']
const STATUS_TEXTS = ['jobId', 'status']

/**
 * @typedef {object} Problem the site's own RFC 9457 problem
 * @property {string} [code]
 * @property {string} [detail]
 * @property {{field: string, message: string}[]} [errors]
 * @property {string} [jobId]
 * @property {string} [ownerToken]
 */

/**
 * `photos`: nothing was sent, since this browser cannot read the photos that it has kept.
 * @typedef {{kind: 'network'} | {kind: 'photos'}
 *   | {kind: 'http', status: number, problem: Problem | null, retryAfterMs: number | null}} RequestFailure
 */

/**
 * `serverAt`: the answer's own Date, in ms since 1970; null where it has none.
 * @template T
 * @typedef {{ok: true, value: T, serverAt: number | null} | {ok: false, failure: RequestFailure}} Outcome
 */

/**
 * @typedef {object} StartAnswer
 * @property {string} jobId
 * @property {string} ownerToken
 * @property {number} pollAfterMs
 * @property {{p50: number, p90: number} | null} estimatedSeconds
 * @property {string} createdAt
 */

/**
 * @typedef {object} Status
 * @property {string} jobId
 * @property {string} status queued, processing, completed, failed or canceled
 * @property {string | null} stage rendering or saving
 * @property {string} prompt
 * @property {number} photosCount
 * @property {string} createdAt
 * @property {string | null} startedAt
 * @property {string | null} completedAt
 * @property {number | null} elapsedSeconds
 * @property {{p50: number, p90: number} | null} estimatedSeconds
 * @property {number | null} pollAfterMs null: nothing will change any more
 * @property {string | null} videoUrl
 * @property {string | null} downloadUrl
 * @property {string | null} videoUrlExpiresAt
 * @property {string | null} keptUntil
 * @property {string | null} deletedAt
 * @property {string | null} error
 * @property {{code: string, retryable: boolean, charged: 'no' | 'yes' | 'unknown', detail: string} | null} failure
 */

/** Without a byte moving for so long a request has failed, in ms. */
const SILENCE_MS = 60_000
const STATUS_TIMEOUT_MS = 15_000

/**
 * Start a job. XMLHttpRequest, since fetch does not tell how much has been uploaded.
 * @param {{body: Blob, key: string, accessCode: string, onUpload: (share: number) => void, signal: AbortSignal}} request
 * @returns {Promise<Outcome<StartAnswer>>}
 */
export function startVideo({ body, key, accessCode, onUpload, signal }) {
  return new Promise(resolve => {
    const request = new XMLHttpRequest()
    let silence = setTimeout(() => request.abort(), SILENCE_MS)
    const alive = () => {
      clearTimeout(silence)
      silence = setTimeout(() => request.abort(), SILENCE_MS)
    }
    request.open('POST', '/api/start-video')
    request.setRequestHeader('Content-Type', 'application/json')
    request.setRequestHeader('Idempotency-Key', key)
    // A header holds printable ASCII only; a code with anything else is refused as the wrong one.
    if (accessCode) request.setRequestHeader('X-Access-Code', accessCode.replace(/[^ -~]/g, '?'))
    request.upload.onprogress = ({ loaded }) => {
      alive()
      onUpload(Math.min(0.99, loaded / body.size))
    }
    request.upload.onload = () => {
      alive()
      onUpload(1)
    }
    const abort = () => request.abort()
    signal.addEventListener('abort', abort)
    request.onloadend = () => {
      clearTimeout(silence)
      signal.removeEventListener('abort', abort)
      const header = (/** @type {string} */ name) => (request.status ? request.getResponseHeader(name) : null)
      resolve(outcome(request.status, request.responseText, header, Date.now(), START_TEXTS))
    }
    request.send(body)
    if (signal.aborted) abort()
  })
}

/**
 * @param {string} jobId
 * @returns {Promise<Outcome<Status>>}
 */
export function videoStatus(jobId) {
  return call(`/api/check-video-status?jobId=${encodeURIComponent(jobId)}`, {}, STATUS_TEXTS)
}

/**
 * Cancel a job; with `erase`, also delete its photos, prompt and video.
 * @param {{jobId: string, ownerToken: string, erase: boolean}} request
 * @returns {Promise<Outcome<Status>>}
 */
export function cancelVideo({ jobId, ownerToken, erase }) {
  const body = erase ? { jobId, ownerToken, delete: true } : { jobId, ownerToken }
  return post('/api/cancel-video', body, STATUS_TEXTS)
}

/**
 * Let the site tell this browser when a job has ended.
 * @param {{jobId: string, ownerToken: string, subscription: PushSubscriptionJSON}} request
 * @returns {Promise<Outcome<null>>}
 */
export function notifyVideo(request) {
  return post('/api/notify-video', request, [])
}

/**
 * @param {string} path
 * @param {object} body
 * @param {string[]} texts as in `outcome`
 */
function post(path, body, texts) {
  const headers = { 'Content-Type': 'application/json' }
  return call(path, { method: 'POST', headers, body: JSON.stringify(body) }, texts)
}

/**
 * @param {string} path
 * @param {RequestInit} init
 * @param {string[]} texts as in `outcome`
 * @returns {Promise<Outcome<any>>}
 */
async function call(path, init, texts) {
  // AbortSignal.timeout is missing in browsers that are otherwise new enough.
  const patience = new AbortController()
  const timer = setTimeout(() => patience.abort(), STATUS_TIMEOUT_MS)
  try {
    const response = await fetch(path, { ...init, cache: 'no-store', signal: patience.signal })
    const header = (/** @type {string} */ name) => response.headers.get(name)
    return outcome(response.status, await response.text(), header, Date.now(), texts)
  } catch {
    return { ok: false, failure: { kind: 'network' } }
  } finally {
    clearTimeout(timer)
  }
}

/**
 * What an answer means. Status 0 is the absence of one.
 * @param {number} status
 * @param {string} text
 * @param {(name: string) => string | null} header
 * @param {number} now ms since 1970, by this device's clock, which may be wrong by days
 * @param {string[]} texts what is text in the site's own success; none: it is a 204, which has no body
 * @returns {Outcome<any>}
 */
export function outcome(status, text, header, now, texts) {
  if (status === 0) return { ok: false, failure: { kind: 'network' } }
  const value = parsed(text)
  const serverAt = moment(header('Date'))
  const hasTexts = texts.every(name => typeof value?.[name] === 'string')
  const isSuccess = texts.length ? status >= 200 && status < 300 && hasTexts : status === 204
  if (isSuccess) return { ok: true, value, serverAt }
  const retryAfterMs = milliseconds(header('Retry-After'), serverAt ?? now)
  const problem = status >= 400 && typeof value?.code === 'string' ? value : null
  return { ok: false, failure: { kind: 'http', status, problem, retryAfterMs } }
}

/** @param {string | null} date */
function moment(date) {
  const at = Date.parse(date ?? '')
  return Number.isFinite(at) ? at : null
}

/**
 * @param {string} text
 * @returns {any} an object, or null
 */
function parsed(text) {
  try {
    const value = JSON.parse(text)
    return value !== null && typeof value === 'object' && !Array.isArray(value) ? value : null
  } catch {
    return null
  }
}

/**
 * @param {string | null} retryAfter in seconds or as a date
 * @param {number} now
 */
function milliseconds(retryAfter, now) {
  if (!retryAfter) return null
  const wait = /^\d+$/.test(retryAfter) ? 1000 * Number(retryAfter) : Date.parse(retryAfter) - now
  return Number.isFinite(wait) ? Math.max(0, wait) : null
}
