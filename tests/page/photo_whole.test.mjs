import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ending } from '../../public/app/photo_whole.js'

/** @param {(string | number[])[]} parts */
const bytes = (...parts) =>
  new Uint8Array(parts.flatMap(part => (typeof part === 'string' ? [...Buffer.from(part, 'latin1')] : part)))

const HEAD = '\xff\xd8\xff\xe0\x00\x04ab'
const SCAN = '\xff\xda\x00\x02'
const DATA = 'data\xff\x00more\xff\xd3rest'
const END = '\xff\xd9'

test('a JPEG is whole with an end behind its data', () => {
  assert.equal(ending(bytes(HEAD, SCAN, DATA, END)), 'whole')
  assert.equal(ending(bytes(HEAD, SCAN, DATA, END, 'a second picture', HEAD)), 'whole')
  assert.equal(ending(bytes(HEAD, 'stray', SCAN, DATA, '\xff\xff', END)), 'whole')
  assert.equal(ending(bytes(HEAD, SCAN, DATA, SCAN, DATA, END)), 'whole')
})

test('a JPEG without an end has still to be proved', () => {
  assert.equal(ending(bytes(HEAD, SCAN, DATA)), 'unended')
  assert.equal(ending(bytes(HEAD, SCAN, DATA, '\xff')), 'unended')
  assert.equal(ending(bytes(HEAD)), 'unended')
  // The end of a preview within a segment is not the picture's.
  assert.equal(ending(bytes('\xff\xd8\xff\xe1\x00\x06', SCAN, END, SCAN, DATA)), 'unended')
})

test('a PNG is whole once its last chunk has begun', () => {
  const png = ['\x89PNG\r\n\x1a\n', '\0\0\0\x02IDATab1234']
  assert.equal(ending(bytes(...png, '\0\0\0\0IEND1234')), 'whole')
  assert.equal(ending(bytes(...png, '\0\0\0\0IEND')), 'whole')
  assert.equal(ending(bytes(...png)), 'cut')
  assert.equal(ending(bytes('\x89PNG\r\n\x1a\n', '\0\0\x09\0IDATab')), 'cut')
})

test('a WebP, a HEIF and an AVIF say how long they are', () => {
  assert.equal(ending(bytes('RIFF\x04\0\0\0WEBP')), 'whole')
  assert.equal(ending(bytes('RIFF\x05\0\0\0WEBP')), 'cut')
  const box = '\0\0\0\x0cftypavif'
  assert.equal(ending(bytes(box, '\0\0\0\x0amdatab')), 'whole')
  assert.equal(ending(bytes(box, '\0\0\0\x0bmdatab')), 'cut')
  assert.equal(ending(bytes(box, '\0\0\0\0mdatab')), 'whole')
  assert.equal(ending(bytes(box, '\0\0\0\x01mdat\0\0\0\0\0\0\0\x11a')), 'whole')
})

test('of other files only their decoder can tell', () => {
  for (const file of ['', 'GIF89a', 'BM', 'RIFF', '%PDF-1.7', '<svg/>', '\xff\xd8'])
    assert.equal(ending(bytes(file)), 'unknown')
})
