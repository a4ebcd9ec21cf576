/** What check-video-status does, as a Node developer would write it. */
import { json, problem, read } from './parts.js'

/** @param {Request} request */
export default async request => {
  const id = new URL(request.url).searchParams.get('jobId') ?? ''
  if (!/^[\w-]{22}$/.test(id)) return problem(404, 'job_not_found', 'Job not found.')
  const job = await read(`jobs/${id}.json`)
  if (!job) return problem(404, 'job_not_found', 'Job not found.')
  return json(200, {
    jobId: id,
    status: job.status,
    stage: null,
    prompt: job.prompt,
    photosCount: job.photos.length,
    createdAt: job.createdAt,
    elapsedSeconds: (Date.now() - Date.parse(job.createdAt)) / 1000,
    pollAfterMs: 3000,
  })
}
export const config = { path: '/api/check-video-status' }
