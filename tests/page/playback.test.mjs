import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createPlayback } from '../../public/app/playback.js'
import { FakeClock } from '../support/fake_platform.mjs'

function playing() {
  const clock = new FakeClock()
  /** @type {string[]} */
  const renewed = []
  return { clock, renewed, playback: createPlayback({ clock, renew: key => renewed.push(key) }) }
}

test('a video that breaks gets one new link, then it is unplayable', () => {
  const { renewed, playback } = playing()
  playback.broke('k', '/v')
  assert.deepEqual([renewed, playback.isUnplayable('k')], [['k'], false])
  playback.broke('k', '/v')
  assert.deepEqual(
    [renewed, playback.isUnplayable('k'), playback.isUnplayable('other')],
    [['k'], true, false],
  )
})

test('a link that expires after an hour of watching is renewed again', async () => {
  const { clock, renewed, playback } = playing()
  playback.broke('k', '/v')
  await clock.advance(3_600_000)
  playback.broke('k', '/v')
  assert.deepEqual([renewed, playback.isUnplayable('k')], [['k', 'k'], false])
})

test('one that loads, and breaks a second later each time, does not ask for ever', async () => {
  const { clock, renewed, playback } = playing()
  for (let second = 0; second < 200; second += 1) {
    playback.broke('k', '/v')
    await clock.advance(1_000)
  }
  assert.deepEqual([renewed, playback.isUnplayable('k')], [['k'], true])
})

test('a job that is opened anew tries its video again', () => {
  const { renewed, playback } = playing()
  playback.broke('k', '/v')
  playback.broke('k', '/v')
  playback.reset()
  assert.equal(playback.isUnplayable('k'), false)
  playback.broke('k', '/v')
  assert.deepEqual(renewed, ['k', 'k'])
})

test('a site that has no other link than the broken one is asked once', () => {
  const { renewed, playback } = playing()
  playback.answered('k', '/v')
  playback.broke('k', '/v')
  playback.answered('k', '/w')
  assert.equal(playback.isUnplayable('k'), false)
  playback.answered('k', '/v')
  assert.deepEqual([renewed, playback.isUnplayable('k')], [['k'], true])
})
