import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import jobEnglish from '../../public/app/job_words/en.js'
import english from '../../public/app/words/en.js'

const APP = new URL('../../public/app/', import.meta.url)
const SETS = [
  { folder: 'words', english },
  { folder: 'job_words', english: jobEnglish },
]
const FILES = SETS.map(({ folder }) => readdirSync(new URL(folder, APP)))

/**
 * The entries of a language with what each is: a text, or a function of so many values.
 * @param {unknown} value
 * @param {string} path
 * @returns {string[]}
 */
function entries(value, path = '') {
  if (typeof value === 'function') return [`${path}(${value.length})`]
  if (value === null || typeof value !== 'object') return [`${path}: ${typeof value}`]
  return Object.entries(value).flatMap(([name, one]) => entries(one, `${path}.${name}`))
}

/**
 * @param {unknown} value
 * @returns {string[]}
 */
function texts(value) {
  if (typeof value === 'string') return [value]
  return value !== null && typeof value === 'object' ? Object.values(value).flatMap(texts) : []
}

test('both sets of words are there in the same languages', () => {
  assert.deepEqual(FILES[1], FILES[0])
})

for (const { folder, english: own } of SETS) {
  for (const name of readdirSync(new URL(folder, APP)).filter(one => one !== 'en.js')) {
    test(`${folder}/${name} has every entry of English, and none is empty or forgotten`, async () => {
      const { default: words } = await import(new URL(`${folder}/${name}`, APP).href)
      assert.deepEqual(entries(words), entries(own))
      assert.deepEqual(
        texts(words).filter(text => !text.trim()),
        [],
      )
    })
  }
}

test('each language is named after its file', async () => {
  for (const name of FILES[0] ?? []) {
    const { default: words } = await import(new URL(`words/${name}`, APP).href)
    assert.equal(name, `${words.language}.js`)
  }
})

test('each failure that the functions can name has its words', () => {
  const source = readFileSync(new URL('../../src/videogen/errors.py', import.meta.url), 'utf8')
  const vocabulary = source.match(/FailureCode = Literal\[(?<codes>[^\]]*)\]/)?.groups?.codes ?? ''
  const codes = [...vocabulary.matchAll(/"(\w+)"/g)].map(([, code]) => code)
  assert.ok(codes.length > 10)
  assert.deepEqual(Object.keys(jobEnglish.failures).sort(), codes.sort())
})

test('a word reads as it should', () => {
  assert.equal(jobEnglish.time.left(31, 71), '1–2 min left')
  assert.equal(jobEnglish.time.left(31, 59), 'about 1 min left')
  assert.equal(jobEnglish.time.left(2, 140), 'up to 3 min left')
  assert.equal(jobEnglish.time.left(10, 10), 'up to 1 min left')
  assert.equal(
    english.photos.cut({ axis: 'y', before: 0.05, after: 0.2 }),
    'Cropped: 5% from the top, 20% from the bottom.',
  )
})
