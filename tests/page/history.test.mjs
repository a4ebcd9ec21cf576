/** Which jobs the list shows: by words of their text, favorites, and age. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { matching } from '../../public/app/history.js'
import { newJob, reduceJob } from '../../public/app/job.js'

const ANY = { text: '', onlyFavorites: false }
const TEXTS = ['A café at night', 'Straße im Regen', 'a CAT on a lake', '']
const JOBS = TEXTS.map((prompt, at) =>
  newJob({
    key: String(at),
    prompt,
    aspectRatio: 'auto',
    model: null,
    photosCount: 1,
    ratio: 1,
    at,
    holdMs: 0,
  }),
)

/** @param {Partial<typeof ANY>} wanted @param {typeof JOBS} [jobs] */
const found = (wanted, jobs = JOBS) => matching(jobs, { ...ANY, ...wanted }).map(({ prompt }) => prompt)

test('without a filter all are there, newest first', () => {
  assert.deepEqual(found({}), TEXTS.toReversed())
})

test('all words must be there, in any order, whatever their case and accents', () => {
  assert.deepEqual(found({ text: 'NIGHT  Cafe' }), ['A café at night'])
  assert.deepEqual(found({ text: 'cafe\u0301' }), ['A café at night'])
  assert.deepEqual(found({ text: 'cat night' }), [])
  assert.deepEqual(found({ text: 'straße' }), ['Straße im Regen'])
  assert.deepEqual(found({ text: '(' }), [])
})

test('a favorite is one until it is told otherwise, and an older record is none', () => {
  const [first, ...others] = JOBS
  assert.ok(first)
  const favored = reduceJob(first, { type: 'favored', isFavorite: true })
  assert.deepEqual(found({ onlyFavorites: true }, [favored, ...others]), [first.prompt])
  const again = reduceJob(favored, { type: 'favored', isFavorite: false })
  assert.deepEqual(found({ onlyFavorites: true }, [again, ...others]), [])
})
