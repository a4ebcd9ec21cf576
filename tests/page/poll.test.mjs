import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dueAt, firstPoll, HIDDEN_MS, reducePoll } from '../../public/app/poll.js'

/** @typedef {import('../../public/app/poll.js').PollEvent} PollEvent */

const shown = { at: 1_000, hidden: false, offline: false }
/** @param {PollEvent[]} events */
const after = (...events) => events.reduce(reducePoll, firstPoll(shown))
/** @type {PollEvent} */
const answered = { type: 'answered', at: 2_000, pollAfterMs: 5_000 }

test('the first question is asked at once', () => {
  assert.equal(dueAt(firstPoll(shown)), 1_000)
})

test('the next one when the server says', () => {
  assert.equal(dueAt(after(answered)), 7_000)
})

test('none where the server names no time', () => {
  assert.equal(dueAt(after({ ...answered, pollAfterMs: null })), null)
  assert.equal(dueAt(after({ ...answered, pollAfterMs: null }, { type: 'online', at: 9_000 })), null)
})

test('a hidden tab asks less often, and when it is looked at again no later than it would have', () => {
  const hidden = after(answered, { type: 'hidden' })
  assert.equal(dueAt(hidden), 2_000 + HIDDEN_MS)
  assert.equal(dueAt(reducePoll(hidden, { type: 'shown' })), 7_000)
  assert.equal(dueAt(after({ ...answered, pollAfterMs: 60_000 }, { type: 'hidden' })), 62_000)
})

test('without a network it is asked every 30 s, and at once when it comes back', () => {
  const offline = after(answered, { type: 'offline' })
  assert.equal(dueAt(offline), 32_000)
  assert.equal(dueAt(reducePoll(offline, { type: 'failed', at: 32_000, retryAfterMs: null })), 62_000)
  assert.equal(dueAt(reducePoll(offline, { type: 'online', at: 3_000 })), 3_000)
})

test('an answer shows that there is a network, whatever the browser says', () => {
  const first = firstPoll({ ...shown, offline: true })
  assert.equal(dueAt(first), 1_000)
  assert.equal(dueAt(reducePoll(first, answered)), 7_000)
})

test('each failure doubles the wait up to half a minute, and an answer ends that', () => {
  /** @type {PollEvent} */
  const failed = { type: 'failed', at: 10_000, retryAfterMs: null }
  const waits = [1, 2, 3, 6, 20].map(count => (dueAt(after(...Array(count).fill(failed))) ?? 0) - 10_000)
  assert.deepEqual(waits, [1_000, 2_000, 4_000, 30_000, 30_000])
  assert.equal(after(failed, failed, answered).failures, 0)
})

test('a Retry-After that is longer is waited for', () => {
  assert.equal(dueAt(after({ type: 'failed', at: 10_000, retryAfterMs: 45_000 })), 55_000)
})
