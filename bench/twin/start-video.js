/** What start-video does, as a Node developer would write it. */
import { digest, json, newId, problem, read, signed, write } from './parts.js'

const SIGNATURES = [
  { type: 'image/jpeg', bytes: Buffer.from([0xff, 0xd8, 0xff]) },
  { type: 'image/png', bytes: Buffer.from([0x89, 0x50, 0x4e, 0x47]) },
]
const MODEL = 'blackboxai/google/veo-3-fast'
let statsReadAt = Number.NEGATIVE_INFINITY

async function readStats() {
  if (statsReadAt > Date.now() - 600_000) return
  await read('stats/blackboxai_google_veo-3-fast.json')
  statsReadAt = Date.now()
}

/** @param {Request} request */
export default async request => {
  if (!request.headers.get('content-type')?.startsWith('application/json')) {
    return problem(415, 'unsupported_media_type', 'Send JSON.')
  }
  /** @type {{ prompt?: unknown, photos?: { data?: unknown }[] }} */
  let wanted
  try {
    wanted = await request.json()
  } catch {
    return problem(400, 'invalid_input', 'The request body is not valid JSON.')
  }
  const prompt = typeof wanted.prompt === 'string' ? wanted.prompt.trim() : ''
  if (!prompt || prompt.length > 2000) return problem(400, 'invalid_input', 'Prompt is required.')
  if (!Array.isArray(wanted.photos) || wanted.photos.length < 1 || wanted.photos.length > 4) {
    return problem(400, 'invalid_input', 'One to four photos are required.')
  }
  const photos = []
  for (const { data } of wanted.photos) {
    const match = typeof data === 'string' && /^data:image\/[a-z]+;base64,/.exec(data)
    if (!match) return problem(400, 'invalid_input', 'A photo is a data URI.')
    const body = Buffer.from(String(data).slice(match[0].length), 'base64')
    const known = SIGNATURES.find(({ bytes }) => body.subarray(0, bytes.length).equals(bytes))
    if (!known) return problem(415, 'unsupported_photo', 'Please use a JPEG or PNG.')
    photos.push({ body, type: known.type })
  }
  const id = newId()
  const now = new Date().toISOString()
  await Promise.all([
    readStats(),
    ...photos.map(({ body, type }, index) => write(`photos/${id}/${index + 1}`, body, type)),
  ])
  const record = {
    schema: 1,
    id,
    prompt,
    model: MODEL,
    status: 'queued',
    createdAt: now,
    photos: photos.map(({ body, type }) => ({ type, bytes: body.length })),
    fingerprint: digest(prompt, ...wanted.photos.map(({ data }) => String(data))),
    history: [{ at: now, epoch: 0, action: 'job.created' }],
  }
  await write(`jobs/${id}.json`, JSON.stringify(record), 'application/json', true)
  const body = JSON.stringify({ jobId: id })
  const worker = new URL('/.netlify/functions/generate-video-background', request.url)
  const answer = await fetch(worker, { method: 'POST', body, headers: signed(`job_${id}_0`, body) })
  if (answer.status !== 202) return problem(502, 'worker_unreachable', 'The worker could not be reached.')
  return json(202, {
    success: true,
    jobId: id,
    status: 'queued',
    statusUrl: `/api/check-video-status?jobId=${id}`,
    pollAfterMs: 3000,
    createdAt: now,
  })
}
export const config = { path: '/api/start-video' }
