import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newJob, reduceJob } from '../../public/app/job.js'
import { buttonsOf, needsChange, waitBeforeRetry } from '../../public/app/job_buttons.js'
import { DRAFT } from '../support/example_draft.mjs'

/**
 * @typedef {import('../../public/app/job.js').Job} Job
 * @typedef {import('../../public/app/api.js').Status} Status
 */

const NOW = Date.parse('2026-11-20T10:00:00Z')

/**
 * A job as the site tells of it.
 * @param {string} status
 * @param {object | null} [failure]
 * @returns {Job}
 */
function told(status, failure = null) {
  const job = {
    ...newJob({ ...DRAFT, at: NOW }),
    phase: /** @type {const} */ ('started'),
    jobId: 'j',
    ownerToken: 't',
  }
  return { ...job, status: /** @type {Status} */ (/** @type {unknown} */ ({ status, stage: null, failure })) }
}

/**
 * A job that the site refused.
 * @param {number} status
 * @param {number | null} [retryAfterMs]
 */
function refused(status, retryAfterMs = null) {
  const failure = /** @type {const} */ ({ kind: 'http', status, problem: null, retryAfterMs })
  const job = reduceJob(newJob({ ...DRAFT, at: NOW }), { type: 'sending' })
  return { ...job, phase: /** @type {const} */ ('refused'), problem: failure, refusedAt: NOW }
}

/**
 * What is shown: `*` leads, `-` has to wait, behind `|` is More.
 * @param {Job} job
 * @param {number} [now]
 */
function shown(job, now = NOW) {
  const { main, more } = buttonsOf(job, now)
  const text = (/** @type {typeof main} */ buttons) =>
    buttons
      .map(({ action, isLead, isWaiting }) => `${isLead ? '*' : isWaiting ? '-' : ''}${action}`)
      .join(' ')
  return more.length ? `${text(main)} | ${text(more)}` : text(main)
}

/** @param {string} code */
const failed = (code, charged = 'no', retryable = true) =>
  told('failed', { code, charged, retryable, detail: '' })

test('a finished video: download leads, edit and delete are behind More', () => {
  assert.equal(shown(told('completed')), '*save share continue another | edit delete')
})

test('under way, nothing leads', () => {
  assert.equal(shown(told('queued')), 'share cancel')
  assert.equal(shown(told('processing')), 'share cancel')
  assert.equal(shown({ ...told('processing'), cancelWanted: true }), '')
})

test('what may pass is tried again first', () => {
  for (const code of ['provider_busy', 'provider_unreachable', 'expired', 'worker_unreachable', 'no_video'])
    assert.equal(shown(failed(code)), '*retry edit | delete')
  assert.equal(shown(failed('save_failed', 'yes')), '*rescue edit | delete')
})

test('after content was refused, changing it leads', () => {
  for (const code of ['content_refused', 'photo_unreadable', 'provider_rejected']) {
    assert.equal(needsChange(failed(code)), true)
    assert.equal(shown(failed(code)), '*edit retry | delete')
    assert.equal(shown(failed(code, 'no', false)), '*edit | delete')
  }
  assert.equal(needsChange(failed('provider_busy')), false)
})

test('after a cancel the button that pays does not lead', () => {
  const canceled = (/** @type {string} */ charged) =>
    told('canceled', { code: 'canceled', charged, retryable: true, detail: '' })
  assert.equal(shown(canceled('no')), '*edit retry | delete')
  assert.equal(shown(canceled('unknown')), '*edit retry | delete')
  assert.equal(shown(canceled('yes')), '*rescue edit | delete')
})

test('what has to wait cannot be pressed, does not lead, and can later', () => {
  for (const [status, wait] of [
    [429, 120_000],
    [429, 36_000_000],
    [503, 61_000],
    [429, 1],
  ]) {
    const job = refused(status ?? 0, wait)
    assert.equal(waitBeforeRetry(job, NOW), wait)
    assert.equal(shown(job), '-retry edit | delete')
    assert.equal(shown(job, NOW + (wait ?? 0)), '*retry edit | delete')
  }
  assert.equal(shown(refused(429)), '*retry edit | delete')
})

test('a clock that was set back makes nobody wait longer than was said', () => {
  assert.equal(waitBeforeRetry(refused(429, 60_000), NOW - 3_600_000), 60_000)
})

test('a request that the site will refuse again is edited first', () => {
  for (const status of [400, 401, 413, 415, 422]) assert.equal(shown(refused(status)), '*edit retry | delete')
  for (const status of [500, 503]) assert.equal(shown(refused(status)), '*retry edit | delete')
  const unreadable = { ...refused(0), problem: /** @type {const} */ ({ kind: 'photos' }) }
  assert.equal(shown(unreadable), '*edit retry | delete')
})

test('where nothing but delete is left it is not hidden', () => {
  assert.equal(shown({ ...told('processing'), missing: true }), 'delete')
})
