import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  EMPTY,
  obstacles,
  promptLength,
  ratioOf,
  reduceComposer,
  startFrame,
} from '../../public/app/composer.js'

/** @typedef {import('../../public/app/composer.js').ComposerEvent} ComposerEvent */

const LIMITS = { photoBytes: 4_000_000, promptCharacters: 20 }

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
    ids(after(...photo(1), ...photo(2), ...photo(3), { type: 'start-frame', id: 3 })),
    [3, 1, 2],
  )
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
  assert.equal(ratioOf(after(...photo(1, tall), ...photo(2), { type: 'start-frame', id: 2 })), '16:9')
  assert.equal(ratioOf(after({ type: 'ratio', ratio: 'auto' }, ...photo(1, tall))), 'auto')
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
  const large = new Blob([new Uint8Array(2_100_000)])
  assert.deepEqual(obstacles(after(added, text), LIMITS, false), ['preparing'])
  assert.deepEqual(obstacles(after(...photo(1), { type: 'prompt', text: 'x'.repeat(21) }), LIMITS, false), [
    'prompt-too-long',
  ])
  assert.deepEqual(obstacles(after(...photo(1), { type: 'prompt', text: ' \n ' }), LIMITS, false), [
    'no-prompt',
  ])
  assert.deepEqual(
    obstacles(after(...photo(1, { blob: large }), ...photo(2, { blob: large }), text), LIMITS, false),
    ['photos-too-large'],
  )
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
