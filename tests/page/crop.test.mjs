import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cutOff, fit, frameRatio, suggestedRatio } from '../../public/app/crop.js'

test('a photo is scaled down to the longest edge, never up, never to nothing', () => {
  assert.deepEqual(fit(8000, 6000, 1920), { width: 1920, height: 1440 })
  assert.deepEqual(fit(600, 800, 1920), { width: 600, height: 800 })
  assert.deepEqual(fit(10_000, 1, 1920), { width: 1920, height: 1 })
})

test('the suggested shape is the one that cuts less off', () => {
  assert.equal(suggestedRatio({ width: 4000, height: 3000 }), '16:9')
  assert.equal(suggestedRatio({ width: 3000, height: 4000 }), '9:16')
  assert.equal(suggestedRatio({ width: 1000, height: 1000 }), '16:9')
})

test('the preview says how much the crop cuts off, and where', () => {
  assert.deepEqual(cutOff('16:9', { width: 1600, height: 1200 }), { share: 0.25, edges: 'top and bottom' })
  assert.deepEqual(cutOff('9:16', { width: 900, height: 900 }), { share: 0.4375, edges: 'sides' })
  assert.equal(cutOff('16:9', { width: 1920, height: 1080 }).share, 0)
  assert.equal(cutOff('auto', { width: 1, height: 9 }).share, 0)
})

test('the frame has the shape of the crop, or of the photo within the two that exist', () => {
  assert.equal(frameRatio('9:16', { width: 1600, height: 900 }), 9 / 16)
  assert.equal(frameRatio('auto', { width: 1000, height: 1000 }), 1)
  assert.equal(frameRatio('auto', { width: 5000, height: 1000 }), 16 / 9)
  assert.equal(frameRatio('auto', null), 16 / 9)
})
