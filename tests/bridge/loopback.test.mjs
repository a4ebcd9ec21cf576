/** Under `netlify dev` a function answers this machine alone. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isLocal } from '../../netlify/python/loopback.mjs'
import { project } from './project.mjs'

const OURS = ['localhost', 'localhost:8888', 'app.localhost', '127.0.0.1:8888', '127.8.9.1', '[::1]:8888']
const FOREIGN = [
  'rebind.example:8888',
  'localhost.example',
  '127.0.0.1.example',
  'notlocalhost',
  '192.168.1.20:8888',
  '0.0.0.0:8888',
  '[fe80::1]:8888',
]

test('a name or address of this machine is local', () => {
  for (const host of OURS) assert.equal(isLocal(`http://${host}/`, '::1'), true, host)
})

test('any other name or address is foreign', () => {
  for (const host of FOREIGN) assert.equal(isLocal(`http://${host}/`, '127.0.0.1'), false, host)
})

test('a neighbour is foreign whatever host it names', () => {
  const clients = {
    '127.0.0.1': true,
    '::ffff:127.0.0.1': true,
    '::1': true,
    '192.168.1.9': false,
    'fe80::9': false,
  }
  for (const [ip, local] of Object.entries(clients)) assert.equal(isLocal('http://localhost/', ip), local, ip)
})

const HANDLER = 'def handler(event, context): return {"statusCode": 200, "body": event["path"]}\n'

/**
 * @param {import('node:test').TestContext} t
 * @param {Record<string, string>} environment
 */
async function inDev(t, environment = {}) {
  const variables = { NETLIFY_DEV: 'true', ...environment }
  Object.assign(process.env, variables)
  t.after(() => {
    for (const name of Object.keys(variables)) delete process.env[name]
  })
  return project(t, HANDLER, { place: 'dev' })
}

test('dev refuses a foreign host before it reads the body', async t => {
  const { call } = await inDev(t)
  const body = new ReadableStream({ pull: () => assert.fail('the body was read') }, { highWaterMark: 0 })
  // `duplex` is Node's: https://fetch.spec.whatwg.org/#enumdef-requestduplex
  const options = /** @type {RequestInit} */ ({ method: 'POST', body, duplex: 'half' })
  const answer = await call(new Request('http://rebind.example/api/x', options))
  const { status, code } = /** @type {any} */ (await answer.json())
  assert.deepEqual([answer.status, status, code], [403, 403, 'foreign_host'])
})

test('dev refuses a client of the network', async t => {
  const { call } = await inDev(t)
  const answer = await call(new Request('http://localhost:8888/api/x'), { ip: '192.168.1.9' })
  assert.equal(answer.status, 403)
})

test('PYTHON_DEV_OPEN=1 answers every host', async t => {
  const { call } = await inDev(t, { PYTHON_DEV_OPEN: '1' })
  const answer = await call(new Request('http://192.168.1.20:8888/api/x'), { ip: '192.168.1.9' })
  assert.deepEqual([answer.status, await answer.text()], [200, '/api/x'])
})

test('a deployed function answers its own hosts', async t => {
  const { call } = await project(t, HANDLER)
  const answer = await call(new Request('https://site.example/api/x'), { ip: '203.0.113.9' })
  assert.equal(answer.status, 200)
})
