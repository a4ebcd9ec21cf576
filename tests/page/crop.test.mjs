import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ASPECT_RATIOS, cropOf, cutOff, fit, startPosition, suggestedRatio } from '../../public/app/crop.js'

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

test('a crop lies where it was moved to, within the photo', () => {
  const photo = { width: 1600, height: 1200 }
  const at = (/** @type {number} */ position) => cropOf(photo, '16:9', position)
  assert.deepEqual(at(0), { x: 0, y: 0, width: 1600, height: 900 })
  assert.deepEqual(at(0.5), { x: 0, y: 150, width: 1600, height: 900 })
  assert.deepEqual(at(1), { x: 0, y: 300, width: 1600, height: 900 })
  assert.deepEqual(cropOf(photo, '9:16', 1), { x: 925, y: 0, width: 675, height: 1200 })
})

test('every crop has exactly its shape, in whole pixels', () => {
  for (const ratio of ASPECT_RATIOS) {
    const [across = 1, down = 1] = ratio.split(':').map(Number)
    for (let width = 16; width < 4100; width += 37) {
      for (let height = 16; height < 4100; height += 41) {
        for (const position of [0, 0.2, 0.5, 1]) {
          const crop = cropOf({ width, height }, ratio, position)
          assert.equal(crop.width * down, crop.height * across)
          assert.ok(Object.values(crop).every(Number.isInteger))
          assert.ok(crop.x >= 0 && crop.x + crop.width <= width)
          assert.ok(crop.y >= 0 && crop.y + crop.height <= height)
          // Nothing is given away: one more unit would not fit.
          assert.ok(crop.width + across > width || crop.height + down > height)
        }
      }
    }
  }
})

test('a photo smaller than the shape itself is cropped all the same', () => {
  assert.deepEqual(cropOf({ width: 8, height: 9 }, '16:9', 0.5), { x: 0, y: 2, width: 8, height: 4.5 })
  assert.deepEqual(cropOf({ width: 1, height: 1 }, '9:16', 0), { x: 0, y: 0, width: 0.5625, height: 1 })
})

test('an upright photo on a wide frame starts high, all others centred', () => {
  assert.equal(startPosition({ width: 900, height: 1200 }, '16:9'), 0.2)
  assert.equal(startPosition({ width: 900, height: 1200 }, '9:16'), 0.5)
  assert.equal(startPosition({ width: 1200, height: 900 }, '16:9'), 0.5)
  assert.equal(startPosition({ width: 900, height: 900 }, '16:9'), 0.5)
})

test('what is cut off is told for each end', () => {
  const photo = { width: 1600, height: 1200 }
  assert.deepEqual(cutOff(photo, cropOf(photo, '16:9', 0)), { axis: 'y', before: 0, after: 0.25 })
  assert.deepEqual(cutOff(photo, cropOf(photo, '16:9', 0.5)), { axis: 'y', before: 0.125, after: 0.125 })
  const square = { width: 1600, height: 1600 }
  assert.deepEqual(cutOff(square, cropOf(square, '9:16', 1)), { axis: 'x', before: 0.4375, after: 0 })
  const wide = { width: 1920, height: 1080 }
  assert.equal(cutOff(wide, cropOf(wide, '16:9', 0)), null)
  const almost = { width: 1925, height: 1080 }
  assert.equal(cutOff(almost, cropOf(almost, '16:9', 0)), null)
})
