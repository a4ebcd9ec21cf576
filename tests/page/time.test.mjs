import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clock, progress, timeLeft } from '../../public/app/time.js'

test('a span reads as on a clock', () => {
  assert.deepEqual([0, 7.9, 67, 600, 3700, -3].map(clock), [
    '0:00',
    '0:07',
    '1:07',
    '10:00',
    '1:01:40',
    '0:00',
  ])
})

test('what is left is a range, from what half and what nine tenths of the past runs took', () => {
  const estimate = { p50: 70, p90: 110 }
  assert.deepEqual(timeLeft(estimate, 30), { low: 40, high: 80 })
  assert.deepEqual(timeLeft(estimate, 90), { low: 0, high: 20 })
})

test('beyond what nine tenths took it says so, and without past runs it says nothing', () => {
  assert.equal(timeLeft({ p50: 70, p90: 110 }, 110), 'overdue')
  assert.equal(timeLeft(null, 30), null)
})

test('the line moves on with every second, and is full only when the video is there', () => {
  const at = (/** @type {string} */ stage, elapsed = 0, upload = 0) =>
    progress({ stage, upload, elapsed, estimate: { p50: 70, p90: 110 } })
  const way = [
    at('held'),
    at('uploading', 0, 0.5),
    at('queued'),
    ...[10, 70, 110, 900].map(elapsed => at('rendering', elapsed)),
    at('saving'),
    at('completed'),
  ]
  assert.deepEqual(
    way,
    [...way].sort((one, other) => one - other),
  )
  assert.equal(new Set(way).size, way.length)
  assert.ok(at('rendering', 1e6) < 0.95)
  assert.equal(at('completed'), 1)
  assert.equal(at('rendering', 70).toFixed(3), '0.604')
})
