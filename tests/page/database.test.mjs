import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connect } from '../../public/app/database.js'
import { FakeClock, settle } from '../support/fake_platform.mjs'

/** What `open` is called for, and how often. */
function fakeDatabases() {
  /** @type {any[]} */
  const opened = []
  const open = async () => {
    const database = /** @type {any} */ ({ number: opened.length + 1, isClosed: false, onclose: null })
    database.close = () => {
      database.isClosed = true
    }
    opened.push(database)
    return database
  }
  const number = async (/** @type {any} */ database) => {
    if (database.isCut) throw new DOMException('', 'InvalidStateError')
    return database.number
  }
  return { opened, open, number }
}

test('one connection serves all', async () => {
  const { opened, open, number } = fakeDatabases()
  const { use } = connect({ open, clock: new FakeClock() })
  assert.deepEqual([await use(number), await use(number), opened.length], [1, 1, 1])
})

test('a connection that was cut is opened again, and the work done', async () => {
  const { opened, open, number } = fakeDatabases()
  const { use } = connect({ open, clock: new FakeClock() })
  await use(number)
  opened[0].isCut = true
  assert.deepEqual([await use(number), opened[0].isClosed], [2, true])
})

test('a connection that the browser closes is opened again', async () => {
  const { opened, open, number } = fakeDatabases()
  const { use } = connect({ open, clock: new FakeClock() })
  await use(number)
  opened[0].onclose()
  assert.deepEqual([await use(number), opened.length], [2, 2])
})

test('a database that is denied is an error at once, and tried anew the next time', async () => {
  const { open, number } = fakeDatabases()
  let isDenied = true
  const { use } = connect({
    open: () => (isDenied ? Promise.reject(new DOMException('', 'VersionError')) : open()),
    clock: new FakeClock(),
  })
  await assert.rejects(use(number), { name: 'VersionError' })
  isDenied = false
  assert.equal(await use(number), 1)
})

test('a database that is silent is an error after 3 s', async () => {
  const clock = new FakeClock()
  const { use } = connect({ open: () => new Promise(() => {}), clock })
  /** @type {unknown} */
  let failure = null
  use(async () => 1).catch(error => {
    failure = error
  })
  await clock.advance(2_999)
  assert.equal(failure, null)
  await clock.advance(1)
  await settle()
  assert.match(String(failure), /does not answer/)
})
