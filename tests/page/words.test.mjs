import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import english from '../../public/app/words/en.js'

const FOLDER = new URL('../../public/app/words/', import.meta.url)
const translations = readdirSync(FOLDER).filter(name => name !== 'en.js')

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

for (const name of translations) {
  test(`${name} has every entry of English, and none is empty or forgotten`, async () => {
    const { default: words } = await import(new URL(name, FOLDER).href)
    assert.deepEqual(entries(words), entries(english))
    assert.deepEqual(
      texts(words).filter(text => !text.trim()),
      [],
    )
    assert.equal(name, `${words.language}.js`)
  })
}

test('each failure that the functions can name has its words', () => {
  const source = readFileSync(new URL('../../src/videogen/errors.py', import.meta.url), 'utf8')
  const vocabulary = source.match(/FailureCode = Literal\[(?<codes>[^\]]*)\]/)?.groups?.codes ?? ''
  const codes = [...vocabulary.matchAll(/"(\w+)"/g)].map(([, code]) => code)
  assert.ok(codes.length > 10)
  assert.deepEqual(Object.keys(english.failures).sort(), codes.sort())
})

test('a word reads as it should', () => {
  assert.equal(english.time.left(31, 71), '1–2 min left')
  assert.equal(english.time.left(31, 59), 'about 1 min left')
  assert.equal(english.time.left(2, 140), 'up to 3 min left')
  assert.equal(english.time.left(10, 10), 'up to 1 min left')
  assert.equal(
    english.photos.cut({ axis: 'y', before: 0.05, after: 0.2 }),
    'Cropped: 5% from the top, 20% from the bottom.',
  )
})
