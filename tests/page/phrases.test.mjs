import assert from 'node:assert/strict'
import { test } from 'node:test'
import { linkedJob, newJob, reduceJob } from '../../public/app/job.js'
import { details, headline, times } from '../../public/app/phrases.js'

/** @typedef {import('../../public/app/job.js').JobEvent} JobEvent */

const NOW = Date.parse('2026-11-20T10:00:00Z')
const online = { now: NOW, isOffline: false }
const priced = newJob({
  key: 'k',
  prompt: 'wind',
  aspectRatio: '16:9',
  model: null,
  photosCount: 1,
  ratio: 1,
  at: NOW,
  holdMs: 3_000,
})

/**
 * @param {string} status
 * @param {object} [changes]
 */
function says(status, changes) {
  const event = {
    type: 'status-answered',
    at: NOW,
    status: { status, elapsedSeconds: 31, pollAfterMs: 1, ...changes },
  }
  return reduceJob({ ...linkedJob('J', NOW), key: 'k' }, /** @type {any} */ (event))
}

/**
 * @param {number} status
 * @param {object | null} problem
 * @param {number | null} retryAfterMs
 */
function refused(status, problem = null, retryAfterMs = null) {
  const sent = reduceJob(priced, { type: 'sending' })
  return {
    ...sent,
    phase: /** @type {const} */ ('refused'),
    refusedAt: NOW,
    problem: /** @type {const} */ ({ kind: 'http', status, problem, retryAfterMs }),
  }
}

test('a failure says why, what it cost, and that a rescue is free', () => {
  const failure = { code: 'save_failed', charged: 'yes', retryable: true, detail: '' }
  assert.deepEqual(details(says('failed', { failure }), online).filter(Boolean), [
    'The video was made, but it could not be saved.',
    'It was charged.',
    'Saving it again is free while the provider still has it, for about an hour.',
  ])
})

test('a failure that the page has no words for is told in the site’s', () => {
  const failure = { code: 'meteor', charged: 'unknown', retryable: false, detail: 'A meteor fell on it.' }
  assert.deepEqual(details(says('failed', { failure }), online).filter(Boolean), [
    'A meteor fell on it.',
    'It may have been charged.',
  ])
})

test('a refusal says why, when it opens again, and that nothing was charged', () => {
  assert.deepEqual(details(refused(429, { code: 'daily_limit' }, 300_000), online), [
    'This site has reached its limit of videos for today.',
    'You can try again in 5:00.',
    'Nothing was charged.',
  ])
  assert.match(
    details(refused(429, { code: 'daily_limit' }, 36_000_000), online)[1] ?? '',
    /^You can try again in 10:00:00, at .*2026/,
  )
})

test('the time until it may be tried again counts down, and ends', () => {
  const job = refused(429, { code: 'daily_limit' }, 120_000)
  const at = (/** @type {number} */ ms) => details(job, { ...online, now: NOW + ms })[1]
  assert.deepEqual([0, 1_000, 60_500, 119_999, 120_000].map(at), [
    'You can try again in 2:00.',
    'You can try again in 1:59.',
    'You can try again in 1:00.',
    'You can try again in 0:01.',
    'Nothing was charged.',
  ])
})

test('a bad field is named, and an answer that is not JSON still has a reason', () => {
  const errors = [{ field: 'prompt', message: 'Prompt is required.' }]
  assert.deepEqual(details(refused(400, { code: 'invalid_input', errors }), online), [
    'The site did not accept this request.',
    'Prompt is required.',
    'Nothing was charged.',
  ])
  const why = [413, 429, 404, 502].map(status => details(refused(status), online)[0])
  assert.deepEqual(why, [
    'The photos are too large for this site.',
    'This site is getting too many requests right now.',
    'The site did not accept this request.',
    'The site has a problem. Please try again in a few minutes.',
  ])
})

test('without a network it says so, and promises nothing but to go on', () => {
  const sending = reduceJob(priced, { type: 'sending' })
  assert.equal(headline(sending, { isOffline: true }), 'Waiting for the network')
  assert.deepEqual(details(sending, { now: NOW, isOffline: true }), [
    'You are offline. This continues by itself when you are back online.',
  ])
})

test('what is being uploaded is not said to wait for the network', () => {
  const sending = { ...reduceJob(priced, { type: 'sending' }), upload: 0.5 }
  assert.equal(headline(sending, { isOffline: true }), 'Uploading your photo')
  assert.deepEqual(details(sending, { now: NOW, isOffline: true }), ['50% uploaded.'])
})

test('a held job counts down to one', () => {
  const at = (/** @type {number} */ passed) => details(priced, { now: NOW + passed, isOffline: false })
  assert.deepEqual(at(0), ['Sending in 3 s. Until then, Undo is free.'])
  assert.deepEqual(at(5_000), ['Sending in 1 s. Until then, Undo is free.'])
})

test('a clock that is set back makes no wait longer than it can be', () => {
  const now = NOW - 3_600_000
  assert.deepEqual(details(priced, { ...online, now }), ['Sending in 3 s. Until then, Undo is free.'])
  const sent = reduceJob(priced, { type: 'sending' })
  const again = reduceJob(sent, { type: 'start-failed', failure: { kind: 'network' }, at: NOW })
  assert.deepEqual(details(again, { ...online, now }), [
    'The site did not answer. Trying again in 60 s. It will not be started twice.',
  ])
})

test('a site that stays silent is said to be, once that is no blink', () => {
  const silent = { ...says('processing', { stage: 'rendering' }), silentSince: NOW }
  assert.match(details(silent, { now: NOW + 19_000, isOffline: false })[0] ?? '', /^There is no preview/)
  assert.match(
    details(silent, { now: NOW + 21_000, isOffline: false })[0] ?? '',
    /^The site has not answered since/,
  )
})

test('the time that is left is told as a range, as overdue, or as usual', () => {
  const left = (/** @type {object} */ changes) =>
    times(says('processing', { stage: 'rendering', ...changes }), NOW).left
  assert.equal(left({ estimatedSeconds: { p50: 70, p90: 110 } }), '1–2 min left')
  assert.equal(
    left({ estimatedSeconds: { p50: 10, p90: 30 } }),
    'longer than usual: nine in ten take up to 1 min',
  )
  assert.equal(left({ estimatedSeconds: null }), 'usually one to three minutes')
})

const NOT_BOUGHT = 'It will be picked up in a moment. Nothing has been bought yet.'
const QUEUED = 'It will be picked up in a moment, if it has not been already.'

test('“not bought” is said only just after an answer', () => {
  const job = says('queued')
  const said = [0, 1_000, 1_001, 50_000, -1, -3_600_000].map(age =>
    details(job, { ...online, now: NOW + age }),
  )
  assert.deepEqual(said.flat(), [NOT_BOUGHT, NOT_BOUGHT, QUEUED, QUEUED, QUEUED, QUEUED])
})

test('“it appears here” is said only while the site is asked', () => {
  const failure = { code: 'outcome_unknown', charged: 'unknown', retryable: true, detail: '' }
  const said = [60_000, null].map(pollAfterMs =>
    details(says('failed', { failure, pollAfterMs }), online).filter(Boolean),
  )
  const clear = ['The video provider gave no clear answer.', 'It may have been charged.']
  assert.deepEqual(said, [clear.toSpliced(1, 0, 'If the video still arrives, it appears here.'), clear])
})

test('no other failure promises a video while it is asked for', () => {
  for (const code of ['no_video', 'expired', 'save_failed', 'provider_busy']) {
    const failure = { code, charged: 'no', retryable: true, detail: '' }
    const said = details(says('failed', { failure, pollAfterMs: 60_000 }), online).join(' ')
    assert.ok(!said.includes('appears here'), code)
  }
})

test('a video that does not play is said so, with the way out', () => {
  const said = details(says('completed', { elapsedSeconds: 31 }), { ...online, isUnplayable: true })
  assert.equal(said[0], 'This browser cannot play the video. Download it to watch it.')
})

test('a refusal costs nothing, but where the site may have started it', () => {
  const clear = refused(503, { code: 'storage_unavailable' })
  assert.equal(details(clear, online).at(-1), 'Nothing was charged.')
  assert.equal(details({ ...clear, isUnclear: true }, online).at(-1), 'It may have been charged.')
})

test('a visitor reads nothing of “your” video, of money, or of what the maker could do', () => {
  const failure = { code: 'save_failed', charged: 'yes', retryable: true, detail: '' }
  const seen = [
    says('queued'),
    says('processing', { stage: 'rendering' }),
    says('processing', { stage: 'saving' }),
    says('completed', { elapsedSeconds: 31 }),
    says('failed', { failure }),
    says('canceled', { failure }),
    says('completed', { deletedAt: '2026-11-20T10:00:00Z' }),
  ].map(job => {
    const linked = { ...job, key: 'J', jobId: 'J' }
    return [headline(linked, online), ...details(linked, online)].join(' ')
  })
  for (const text of seen) assert.doesNotMatch(text, /\byour|charged|bought|paid|try again/i)
  assert.equal(seen[3]?.startsWith('A photo that moves'), true)
})
