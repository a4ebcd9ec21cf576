import assert from 'node:assert/strict'
import { test } from 'node:test'
import { longestKept } from '../../public/app/photo_encode.js'

test('a photo keeps enough of its shorter edge for every crop', () => {
  for (const [width, height, longest] of /** @type {[number, number, number][]} */ ([
    [4000, 4000, 2560],
    [4000, 3000, 2560],
    [3000, 4000, 2560],
    [3840, 2160, 3413],
    [12_000, 2000, 8485],
    [2000, 12_000, 8485],
    [60_000, 800, 16_384],
    [60_000, 1, 16_384],
  ]))
    assert.equal(Math.round(longestKept(width, height)), longest, `${width} × ${height}`)
})
