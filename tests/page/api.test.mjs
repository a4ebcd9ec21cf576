import assert from 'node:assert/strict'
import { test } from 'node:test'
import { outcome } from '../../public/app/api.js'

const NOW = Date.parse('2026-11-20T10:00:00Z')
/**
 * @param {number} status
 * @param {string} text
 * @param {Record<string, string>} [headers]
 */
const of = (status, text, headers = {}) =>
  outcome(status, text, name => headers[name] ?? null, NOW, ['jobId'])

test('a success with the members that the site’s has is the value', () => {
  assert.deepEqual(of(202, '{"jobId":"x"}'), { ok: true, value: { jobId: 'x' }, serverAt: null })
})

test('where the site answers with nothing, only nothing is a success', () => {
  const sent = (/** @type {number} */ status, /** @type {string} */ text) =>
    outcome(status, text, () => null, NOW, []).ok
  assert.deepEqual(
    [sent(204, ''), sent(200, '{"message":"Blocked by policy"}'), sent(200, '')],
    [true, false, false],
  )
})

test('no answer at all is the network', () => {
  assert.deepEqual(of(0, ''), { ok: false, failure: { kind: 'network' } })
})

test('a problem keeps its status, its body and when to come back', () => {
  assert.deepEqual(of(429, '{"code":"daily_limit"}', { 'Retry-After': '90' }), {
    ok: false,
    failure: { kind: 'http', status: 429, problem: { code: 'daily_limit' }, retryAfterMs: 90_000 },
  })
})

test('an answer that is not the site’s own is a failure that proves nothing', () => {
  for (const [status, text] of /** @type {const} */ ([
    [413, '<html>413 Request Entity Too Large</html>'],
    [500, 'Internal Error'],
    [200, '<html>Sign in to this network</html>'],
    [200, '[]'],
    [200, 'null'],
    [200, '{}'],
    [200, '{"message":"Blocked by policy"}'],
    [200, '{"jobId":7}'],
    [200, '{"code":"job_not_found"}'],
    [204, ''],
    [502, ''],
    [502, '{"code":502,"message":"Bad Gateway"}'],
    [404, '{"message":"Not Found"}'],
  ])) {
    assert.deepEqual(of(status, text), {
      ok: false,
      failure: { kind: 'http', status, problem: null, retryAfterMs: null },
    })
  }
})

test('the answer’s own Date is told, and counts for a Retry-After that is a date', () => {
  const headers = { Date: 'Thu, 19 Nov 2026 10:00:00 GMT', 'Retry-After': 'Thu, 19 Nov 2026 10:01:00 GMT' }
  const answer = of(200, '{"jobId":"x"}', headers)
  assert.equal(answer.ok && answer.serverAt, NOW - 86_400_000)
  const refusal = of(503, '{}', headers)
  assert.equal(!refusal.ok && refusal.failure.kind === 'http' && refusal.failure.retryAfterMs, 60_000)
})

test('Retry-After may be a date; one that is neither is none', () => {
  const wait = (/** @type {string} */ header) => {
    const answer = of(503, '{}', { 'Retry-After': header })
    return !answer.ok && answer.failure.kind === 'http' && answer.failure.retryAfterMs
  }
  assert.equal(wait('Fri, 20 Nov 2026 10:01:00 GMT'), 60_000)
  assert.equal(wait('Fri, 20 Nov 2026 09:00:00 GMT'), 0)
  assert.equal(wait('soon'), null)
})
