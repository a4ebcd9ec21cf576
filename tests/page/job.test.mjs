import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  actionsOf,
  canRescue,
  elapsedSeconds,
  HOLD_MS,
  isFresh,
  isLinkOld,
  isUnderWay,
  isUnsent,
  linkedJob,
  linkRenewalAt,
  newJob,
  reduceJob,
  stageOf,
} from '../../public/app/job.js'

/**
 * @typedef {import('../../public/app/job.js').Job} Job
 * @typedef {import('../../public/app/job.js').JobEvent} JobEvent
 * @typedef {import('../../public/app/api.js').Status} Status
 * @typedef {import('../../public/app/api.js').RequestFailure} RequestFailure
 */

const NOW = 1_000_000
const draft = {
  key: 'k',
  prompt: 'wind',
  aspectRatio: /** @type {const} */ ('16:9'),
  model: null,
  photosCount: 1,
  ratio: 16 / 9,
  at: NOW,
}
const free = newJob({ ...draft, holdMs: 0 })
const priced = newJob({ ...draft, holdMs: HOLD_MS })
const answer = {
  jobId: 'J',
  ownerToken: 'T',
  pollAfterMs: 3_000,
  estimatedSeconds: null,
  createdAt: '2026-11-20T10:00:00Z',
}
/** @type {JobEvent} */
const answered = { type: 'start-answered', answer, at: NOW + 500, serverAt: null }

/**
 * @param {Job} job
 * @param {JobEvent[]} events
 */
const after = (job, ...events) => events.reduce(reduceJob, job)
const started = after(free, { type: 'sending' }, answered)

/**
 * @param {string} status
 * @param {Partial<Status>} [changes]
 * @returns {JobEvent}
 */
function says(status, changes) {
  assert.ok(started.status)
  return {
    type: 'status-answered',
    at: NOW + 1_000,
    serverAt: null,
    status: { ...started.status, status, ...changes },
  }
}

/**
 * @param {string} code
 * @param {'no' | 'yes' | 'unknown'} charged
 * @param {boolean} retryable
 */
const failed = (code, charged, retryable) =>
  says('failed', { failure: { code, charged, retryable, detail: '' } })

/**
 * @param {number} status
 * @param {{retryAfterMs?: number | null, problem?: import('../../public/app/api.js').Problem | null}} [changes]
 * @returns {RequestFailure}
 */
const http = (status, { retryAfterMs = null, problem = null } = {}) => ({
  kind: 'http',
  status,
  retryAfterMs,
  problem,
})

/**
 * The job after so many attempts that all failed like this.
 * @param {RequestFailure} failure
 * @param {number} [attempts]
 */
function refused(failure, attempts = 1) {
  let job = free
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    job = after(job, { type: 'sending' }, { type: 'start-failed', failure, at: NOW })
  }
  return job
}

test('a job with a price is held for three seconds, one without is sent at once', () => {
  assert.deepEqual([stageOf(priced), priced.sendAt], ['held', NOW + 3_000])
  assert.deepEqual([stageOf(free), free.sendAt], ['uploading', NOW])
})

test('photos that are gone at the site are sent from here, once', () => {
  const gone = { ...http(410), problem: { code: 'photos_gone' } }
  const retried = newJob({ ...draft, holdMs: 0, retryOf: { jobId: 'J', ownerToken: 'T' } })
  const again = after(retried, { type: 'sending' }, { type: 'start-failed', failure: gone, at: NOW })
  assert.deepEqual(
    [stageOf(again), again.retryOf, again.sendAt, again.problem],
    ['uploading', null, NOW, null],
  )
  assert.equal(stageOf(refused(gone)), 'refused')
})

test('a page that opens again gives the whole time for Undo', () => {
  assert.equal(after(priced, { type: 'resumed', at: NOW + 60_000 }).sendAt, NOW + 60_000 + HOLD_MS)
})

test('it is free to take back for sure only while the site cannot have the whole request', () => {
  const half = after(free, { type: 'sending' }, { type: 'uploaded', share: 0.5 })
  const whole = after(half, { type: 'uploaded', share: 1 })
  const isFree = (/** @type {Job} */ job) => isUnsent(job, true)
  assert.deepEqual([priced, half, whole, started].map(isFree), [true, true, false, false])
  const again = after(
    whole,
    { type: 'start-failed', failure: { kind: 'network' }, at: NOW },
    { type: 'sending' },
  )
  assert.equal(isFree(again), false)
})

test('what an earlier page was sending may have arrived', () => {
  const sending = after(free, { type: 'sending' })
  const waiting = after(sending, { type: 'start-failed', failure: { kind: 'network' }, at: NOW })
  const resumed = (/** @type {Job} */ job) => after(job, { type: 'resumed', at: NOW }, { type: 'sending' })
  assert.deepEqual(
    [sending, waiting, free].map(job => [resumed(job).mayHaveArrived, resumed(job).isUnclear]),
    [
      [true, true],
      [false, false],
      [false, false],
    ],
  )
})

test('what another tab is sending is not free to take back', () => {
  const sending = after(free, { type: 'sending' })
  assert.deepEqual(
    [priced, free, sending].map(job => isUnsent(job, false)),
    [true, true, false],
  )
})

test('the answer makes it a job of the site', () => {
  assert.deepEqual(
    [started.phase, started.jobId, started.ownerToken, stageOf(started)],
    ['started', 'J', 'T', 'queued'],
  )
})

test('of an erased job nothing is kept but that it was', () => {
  assert.equal(
    after(started, says('completed', { deletedAt: '2026-11-21T00:00:00Z', prompt: '' })).prompt,
    '',
  )
})

test('the stages are those that the site names', () => {
  const stages = [
    says('processing', { stage: 'rendering' }),
    says('processing', { stage: 'saving' }),
    says('completed'),
    says('canceled'),
    failed('expired', 'no', true),
    says('completed', { deletedAt: '2026-11-21T00:00:00Z' }),
  ].map(event => stageOf(after(started, event)))
  assert.deepEqual(stages, ['rendering', 'saving', 'completed', 'canceled', 'failed', 'erased'])
})

test('a state that the page does not know is a job under way', () => {
  const job = after(started, says('polishing', { stage: 'sparkles' }))
  assert.deepEqual([stageOf(job), isUnderWay(job)], ['rendering', true])
})

test('without a network it is sent again for ever, each time a little later, with the same key', () => {
  const waits = [1, 2, 3, 6, 40].map(attempts => (refused({ kind: 'network' }, attempts).sendAt ?? 0) - NOW)
  assert.deepEqual(waits, [1_000, 2_000, 4_000, 30_000, 30_000])
  assert.equal(refused({ kind: 'network' }, 40).key, free.key)
})

test('a server error is repeated a few times, then it is said', () => {
  assert.deepEqual(
    [1, 5, 6].map(attempts => refused(http(503), attempts).phase),
    ['sending', 'sending', 'refused'],
  )
  assert.equal(refused(http(200)).phase, 'sending')
})

test('a short Retry-After is waited for, a long one is the person’s to decide', () => {
  assert.equal(refused(http(429, { retryAfterMs: 20_000 })).sendAt, NOW + 20_000)
  assert.equal(refused(http(429, { retryAfterMs: 7_200_000 })).phase, 'refused')
  assert.equal(refused(http(429)).phase, 'refused')
  assert.equal(refused(http(503, { retryAfterMs: 5_000 })).sendAt, NOW + 5_000)
})

test('what no repetition mends is refused at once', () => {
  for (const failure of [
    ...[400, 401, 403, 410, 413, 415, 422].map(status => http(status)),
    http(500, { problem: { code: 'misconfigured' } }),
  ]) {
    const job = refused(failure)
    assert.deepEqual(
      [job.phase, stageOf(job), job.problem, job.refusedAt],
      ['refused', 'refused', failure, NOW],
    )
  }
})

test('a start that failed although the job exists is followed to its end', () => {
  const job = refused(http(502, { problem: { code: 'worker_unreachable', jobId: 'J', ownerToken: 'T' } }))
  assert.deepEqual([job.phase, job.jobId, job.ownerToken, job.problem], ['started', 'J', 'T', null])
})

test('a refused job can be sent again with the same key', () => {
  const job = after(refused(http(503), 6), { type: 'resent', model: 'B', at: NOW + 9 })
  assert.deepEqual(
    [job.phase, job.attempts, job.sendAt, job.problem, job.key, job.model],
    ['sending', 0, NOW + 9, null, 'k', 'B'],
  )
})

test('what may have been started is sent again as it was, model and all', () => {
  const arrived = after({ ...free, model: 'A' }, { type: 'sending' }, { type: 'uploaded', share: 1 })
  const unclear = after(arrived, { type: 'start-failed', failure: http(504), at: NOW })
  assert.equal(after(unclear, { type: 'resent', model: null, at: NOW }).model, 'A')
})

const NOT_FOUND = http(404, { problem: { code: 'job_not_found' } })

test('a job that the site does not know is missing, until it does', () => {
  const missing = after(started, { type: 'status-failed', failure: NOT_FOUND, at: NOW })
  assert.equal(stageOf(missing), 'missing')
  assert.equal(stageOf(after(missing, says('completed'))), 'completed')
})

test('a job is missing by the site’s own word only', () => {
  for (const failure of [
    http(404),
    http(400),
    http(410),
    http(404, { problem: { code: 'push_off' } }),
    http(403, { problem: { code: 'owner_token' } }),
  ]) {
    const silent = after(started, { type: 'status-failed', failure, at: NOW })
    assert.deepEqual([stageOf(silent), silent.silentSince], ['queued', NOW])
  }
})

test('silence is counted from its first failure to the next answer', () => {
  const silent = after(
    started,
    { type: 'status-failed', failure: { kind: 'network' }, at: NOW + 1 },
    { type: 'status-failed', failure: http(500), at: NOW + 2 },
  )
  assert.deepEqual([silent.silentSince, stageOf(silent)], [NOW + 1, 'queued'])
  assert.equal(after(silent, says('processing')).silentSince, null)
})

test('time runs by the server’s clock, and stops at the end', () => {
  const running = after(started, says('processing', { elapsedSeconds: 40 }))
  assert.equal(elapsedSeconds(running, NOW + 4_000), 43)
  assert.equal(elapsedSeconds(after(started, says('completed', { elapsedSeconds: 67 })), NOW + 90_000), 67)
  assert.equal(elapsedSeconds(free, NOW + 2_000), 2)
})

test('a wish to cancel holds until the job has ended or cannot be canceled', () => {
  const wanted = after(free, { type: 'cancel-wanted' }, { type: 'sending' }, answered)
  assert.equal(wanted.cancelWanted, true)
  assert.equal(after(wanted, says('processing')).cancelWanted, true)
  assert.equal(after(wanted, says('canceled')).cancelWanted, false)
  assert.equal(after(wanted, { type: 'cancel-failed' }).cancelWanted, false)
})

test('what can be done with a job follows from where it stands', () => {
  assert.deepEqual(actionsOf(priced), ['undo'])
  assert.deepEqual(actionsOf(free), ['cancel'])
  assert.deepEqual(actionsOf(started), ['share', 'cancel'])
  assert.deepEqual(actionsOf(after(started, says('processing', { stage: 'saving' }))), ['share'])
  assert.deepEqual(actionsOf(after(started, says('completed'))), [
    'save',
    'share',
    'continue',
    'another',
    'edit',
    'delete',
  ])
  assert.deepEqual(actionsOf(after(started, failed('expired', 'no', true))), ['retry', 'edit', 'delete'])
  assert.deepEqual(actionsOf(after(started, failed('content_refused', 'no', false))), ['edit', 'delete'])
  assert.deepEqual(actionsOf(refused(http(400))), ['retry', 'edit', 'delete'])
  assert.deepEqual(actionsOf(after(started, { type: 'status-failed', failure: NOT_FOUND, at: NOW })), [
    'delete',
  ])
})

test('who has only the link can watch, download and pass it on', () => {
  const linked = linkedJob('J', NOW)
  assert.deepEqual(actionsOf(after(linked, says('completed'))), ['save', 'share'])
  assert.deepEqual(actionsOf(after(linked, says('processing'))), ['share'])
  assert.deepEqual(actionsOf(after(linked, failed('expired', 'no', true))), [])
})

test('only a video that was paid for and not saved can be rescued', () => {
  const can = (/** @type {JobEvent} */ event) => canRescue(after(started, event))
  assert.equal(can(failed('save_failed', 'yes', true)), true)
  assert.equal(can(failed('video_gone', 'yes', true)), false)
  assert.equal(can(failed('outcome_unknown', 'unknown', true)), false)
  assert.deepEqual(actionsOf(after(started, failed('save_failed', 'yes', true))), [
    'rescue',
    'edit',
    'delete',
  ])
})

const HOUR = 3_600_000
/** A video whose link lasts an hour, seen by a clock that is so many hours ahead of the site's. */
const linked = (/** @type {number} */ hours, /** @type {number | null} */ serverAt = NOW) => {
  const videoUrlExpiresAt = new Date(NOW + HOUR).toISOString()
  const event = /** @type {any} */ (says('completed', { videoUrl: '/v', videoUrlExpiresAt }))
  return after(started, { ...event, at: NOW + hours * HOUR, serverAt })
}

test('a link is renewed by its answer’s own Date, whatever this clock says', () => {
  for (const hours of [0, 1, -1, 48, -48])
    assert.equal(linkRenewalAt(linked(hours)), NOW + hours * HOUR + HOUR - 60_000, `${hours} h`)
})

test('a link whose lifetime cannot be told is left until it stops working', () => {
  assert.equal(linkRenewalAt(linked(1, null)), null, 'an answer without a Date')
  assert.equal(linkRenewalAt(linked(0, NOW + 2 * HOUR)), null, 'a proxy that writes a Date of its own')
  assert.equal(linkRenewalAt(after(started, says('completed', { videoUrlExpiresAt: 'soon' }))), null)
  assert.equal(linkRenewalAt(started), null, 'no link')
  const at = linkRenewalAt(linked(0)) ?? 0
  assert.deepEqual(
    [at - 1, at].map(now => isLinkOld(linked(0), now)),
    [false, true],
  )
  assert.equal(isLinkOld(started, at), false)
})

test('an answer is fresh for a second, and never by a clock that was set back', () => {
  const ages = [0, 1_000, 1_001, -1].map(age => isFresh(started, NOW + 500 + age))
  assert.deepEqual(ages, [true, true, false, false])
  assert.equal(isFresh(free, NOW), false)
})

test('a start that failed between us and the site may have been one', () => {
  const arrived = after(free, { type: 'sending' }, { type: 'uploaded', share: 1 })
  const isUnclear = (/** @type {Job} */ job, /** @type {RequestFailure} */ failure) =>
    after(job, { type: 'start-failed', failure, at: NOW }).isUnclear
  assert.deepEqual(
    [http(502), http(504), http(200), /** @type {const} */ ({ kind: 'network' })].map(one =>
      isUnclear(arrived, one),
    ),
    [true, true, true, true],
  )
  assert.deepEqual(
    [http(413), http(503, { problem: { code: 'storage_unavailable' } }), http(401)].map(one =>
      isUnclear(arrived, one),
    ),
    [false, false, false],
  )
  assert.equal(isUnclear(free, { kind: 'network' }), false, 'the request has not left')
  const once = after(arrived, { type: 'start-failed', failure: http(504), at: NOW }, { type: 'sending' })
  assert.equal(isUnclear(once, http(429)), true, 'a later refusal does not undo it')
  const reopened = after(arrived, { type: 'sending' })
  assert.equal(isUnclear(reopened, http(429)), true, 'the page was closed before the answer came')
  const again = after(arrived, { type: 'start-failed', failure: http(401), at: NOW }, { type: 'sending' })
  assert.equal(isUnclear(again, http(401)), false, 'both were refused')
})
