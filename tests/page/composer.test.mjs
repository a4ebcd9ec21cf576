import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  cropOfStartFrame,
  EMPTY,
  obstacles,
  promptLength,
  ratioOf,
  reduceComposer,
  startFrame,
  withSentence,
} from '../../public/app/composer.js'

/** @typedef {import('../../public/app/composer.js').ComposerEvent} ComposerEvent */

const LIMITS = { promptCharacters: 20 }

/** @param {Partial<import('../../public/app/photos.js').PreparedPhoto>} [changes] */
const prepared = changes => ({
  blob: new Blob(['photo']),
  thumbnail: new Blob(),
  width: 1920,
  height: 1080,
  ...changes,
})
/** @param {ComposerEvent[]} events */
const after = (...events) => events.reduce(reduceComposer, EMPTY)
/**
 * @param {number} id
 * @param {Partial<import('../../public/app/photos.js').PreparedPhoto>} [changes]
 * @returns {ComposerEvent[]}
 */
const photo = (id, changes) => [
  { type: 'photo-added', id, file: new File([], `${id}.jpg`), isPrepared: false, limit: 4 },
  { type: 'photo-prepared', id, photo: prepared(changes) },
]
/** @param {import('../../public/app/composer.js').Composer} composer */
const ids = composer => composer.entries.map(({ id }) => id)

test('photos stay in the order in which they were added; the first is the start frame', () => {
  const composer = after(...photo(1), ...photo(2), ...photo(3))
  assert.deepEqual(ids(composer), [1, 2, 3])
  assert.equal(startFrame(composer), composer.entries[0]?.photo)
})

test('any photo can become the start frame, the others keep their order', () => {
  assert.deepEqual(
    ids(after(...photo(1), ...photo(2), ...photo(3), { type: 'photo-moved', id: 3, to: 0 })),
    [3, 1, 2],
  )
})

test('a photo moves to any place, the others close up', () => {
  const three = [...photo(1), ...photo(2), ...photo(3)]
  const moved = (/** @type {number} */ id, /** @type {number} */ to) =>
    ids(after(...three, { type: 'photo-moved', id, to }))
  assert.deepEqual(moved(1, 2), [2, 3, 1])
  assert.deepEqual(moved(2, 2), [1, 3, 2])
  assert.deepEqual(moved(1, 0), [1, 2, 3])
  assert.deepEqual(moved(9, 0), [1, 2, 3])
})

test('the crop stays where it was moved to, for its photo and shape', () => {
  const square = { width: 900, height: 900 }
  const begun = [...photo(1, square), ...photo(2, square)]
  const moved = /** @type {const} */ ({ type: 'crop-moved', position: 0.75 })
  /** @param {ComposerEvent[]} events */
  const at = (...events) => cropOfStartFrame(after(...begun, ...events))?.position
  assert.equal(at(), 0.5)
  assert.equal(at(moved), 0.75)
  assert.equal(at({ type: 'crop-moved', position: 7 }), 1)
  assert.equal(at({ type: 'crop-moved', position: -7 }), 0)
  assert.equal(at(moved, { type: 'photo-moved', id: 1, to: 0 }), 0.75)
  assert.equal(at(moved, { type: 'photo-removed', id: 2 }), 0.75)
  assert.equal(at(moved, { type: 'photo-moved', id: 2, to: 0 }), 0.5)
  assert.equal(at(moved, { type: 'photo-removed', id: 1 }), 0.5)
  assert.equal(at(moved, { type: 'ratio', ratio: '9:16' }), 0.5)
  assert.equal(cropOfStartFrame(EMPTY), null)
})

test('an upright photo on a wide frame is cropped from high up', () => {
  const crop = cropOfStartFrame(
    after(...photo(1, { width: 900, height: 1600 }), { type: 'ratio', ratio: '16:9' }),
  )
  assert.deepEqual(crop?.part, { x: 2, y: 219, width: 896, height: 504 })
})

test('a sentence is put in, changed for one of its kind, taken out', () => {
  const moves = ['The camera rises.', 'The camera does not move.']
  const rise = withSentence('  A boat. ', 'The camera rises.', moves)
  assert.equal(rise, 'A boat. The camera rises.')
  const still = withSentence(rise, 'The camera does not move.', moves)
  assert.equal(still, 'A boat. The camera does not move.')
  assert.equal(withSentence(still, 'The camera does not move.', moves), 'A boat.')
  assert.equal(withSentence('', 'The camera rises.', moves), 'The camera rises.')
  assert.equal(withSentence('The camera rises. A boat.', 'The camera rises.', moves), 'A boat.')
})

test('a photo beyond the limit is left out by name', () => {
  const composer = after(...[1, 2, 3, 4, 5].flatMap(id => photo(id)))
  assert.deepEqual(ids(composer), [1, 2, 3, 4])
  assert.deepEqual(composer.refused, [{ name: '5.jpg', problem: 'too-many' }])
})

test('a photo that cannot be read leaves the list, and is named', () => {
  const composer = after(
    ...photo(1),
    { type: 'photo-added', id: 2, file: new File([], 'x.heic'), isPrepared: false, limit: 4 },
    {
      type: 'photo-refused',
      id: 2,
      problem: 'heic',
    },
  )
  assert.deepEqual(ids(composer), [1])
  assert.deepEqual(composer.refused, [{ name: 'x.heic', problem: 'heic' }])
})

test('what is prepared after its photo was removed is dropped', () => {
  const [added, done] = photo(1)
  assert.ok(added && done)
  assert.deepEqual(after(added, { type: 'photo-removed', id: 1 }, done).entries, [])
})

test('the shape follows the start frame until the person chooses one', () => {
  const tall = { width: 900, height: 1600 }
  assert.equal(ratioOf(EMPTY), '16:9')
  assert.equal(ratioOf(after(...photo(1, tall))), '9:16')
  assert.equal(ratioOf(after(...photo(1, tall), ...photo(2), { type: 'photo-moved', id: 2, to: 0 })), '16:9')
  assert.equal(ratioOf(after({ type: 'ratio', ratio: '16:9' }, ...photo(1, tall))), '16:9')
  const old = { type: 'filled', prompt: '', chosenRatio: 'auto', position: null, model: null }
  assert.equal(ratioOf(after(/** @type {ComposerEvent} */ (old), ...photo(1, tall))), '9:16')
})

test('characters are counted as the site counts them', () => {
  assert.equal(promptLength('  Ein Fluß 🏞️ '), 11)
})

test('an empty form lacks a photo and a text, in this order', () => {
  assert.deepEqual(obstacles(EMPTY, LIMITS, true), ['no-photo', 'no-prompt', 'no-access-code'])
})

test('a complete form has nothing in its way', () => {
  const composer = after(
    ...photo(1),
    { type: 'prompt', text: 'wind' },
    { type: 'access-code', code: 'secret' },
  )
  assert.deepEqual(obstacles(composer, LIMITS, true), [])
})

test('each limit is said before it is hit', () => {
  const [added] = photo(1)
  assert.ok(added)
  const text = /** @type {const} */ ({ type: 'prompt', text: 'wind' })
  assert.deepEqual(obstacles(after(added, text), LIMITS, false), ['preparing'])
  assert.deepEqual(obstacles(after(...photo(1), { type: 'prompt', text: 'x'.repeat(21) }), LIMITS, false), [
    'prompt-too-long',
  ])
  assert.deepEqual(obstacles(after(...photo(1), { type: 'prompt', text: ' \n ' }), LIMITS, false), [
    'no-prompt',
  ])
})

test('after Generate the form is empty, but for the access code and the model', () => {
  const composer = after(
    ...photo(1),
    { type: 'prompt', text: 'wind' },
    { type: 'model', model: 'm' },
    { type: 'access-code', code: 'secret' },
    { type: 'cleared' },
  )
  assert.deepEqual(composer, { ...EMPTY, model: 'm', accessCode: 'secret' })
})
