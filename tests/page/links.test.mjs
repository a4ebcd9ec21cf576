/** Which job an address leads to, whatever became of it on its way. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { linkTo, readLink } from '../../public/app/links.js'

const ID = 'AAAAAAAAAAAAAAAAAAAA-_'
const KEY = '0123456789abcdef0123456789abcdef'
const NOTHING = { jobId: null, key: null, showsText: false }

test('a job has one address before the site knows it, and another one from then on', () => {
  assert.deepEqual(readLink(linkTo({ jobId: null, key: KEY })), { ...NOTHING, key: KEY })
  assert.deepEqual(readLink(linkTo({ jobId: ID, key: KEY })), { ...NOTHING, jobId: ID })
})

test('the text goes with a link that says so, however a messenger writes it', () => {
  for (const end of ['+text', '%2Btext', '%2btext.', '%20text', '+TEXT', '+text)', '+text?fbclid=1'])
    assert.deepEqual(readLink(`#${ID}${end}`), { jobId: ID, key: null, showsText: true }, end)
})

test('what a messenger takes for part of a link changes nothing', () => {
  for (const end of [
    '.',
    ')',
    ',',
    '>',
    '_',
    '*',
    '"',
    '?fbclid=1',
    '&utm_source=x',
    '%20https://a.example',
    '%0A',
    '…',
  ])
    assert.deepEqual(readLink(`#${ID}${end}`), { ...NOTHING, jobId: ID }, end)
})

test('an address of another form leads to no job', () => {
  for (const hash of [
    '',
    '#',
    '#new',
    '#~',
    `#${ID.slice(1)}`,
    `#${ID}A`,
    `#~${KEY}0`,
    `#~${KEY.toUpperCase()}`,
    ` #${ID}`,
  ])
    assert.deepEqual(readLink(hash), NOTHING, hash)
})
