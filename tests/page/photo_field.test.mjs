import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refusals } from '../../public/app/photo_field.js'

/** @typedef {import('../../public/app/photos.js').PhotoProblem} PhotoProblem */

/** @param {number} count */
const left = count =>
  Array.from({ length: count }, (_, index) => ({
    name: `${index}.jpg`,
    problem: /** @type {PhotoProblem} */ ('too-many'),
  }))
const damaged = { name: 'a.png', problem: /** @type {PhotoProblem} */ ('unreadable') }

test('up to three photos for which there is no room are named', () => {
  assert.deepEqual(refusals([]), [])
  assert.deepEqual(refusals([...left(3), damaged]), [
    '0.jpg was not added: there is no room for more photos.',
    '1.jpg was not added: there is no room for more photos.',
    '2.jpg was not added: there is no room for more photos.',
    'a.png cannot be opened as a photo.',
  ])
})

test('more of them are told by their number, in one sentence', () => {
  const many = '296 photos were not added: there is no room for more photos.'
  assert.deepEqual(refusals(left(296)), [many])
  assert.deepEqual(refusals([damaged, ...left(296)]), ['a.png cannot be opened as a photo.', many])
  assert.deepEqual(refusals(left(4)), ['4 photos were not added: there is no room for more photos.'])
})
