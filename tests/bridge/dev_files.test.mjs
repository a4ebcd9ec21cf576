import assert from 'node:assert/strict'
import { test } from 'node:test'
import { serveFiles } from '../../netlify/plugin/dev_files.js'

test('a file of a run is served at the address that its rule leads to, whatever its query', async () => {
  const [rule] = await serveFiles({ 'config.json': { simulated: true } })
  assert.ok(rule)
  assert.deepEqual({ ...rule, to: '' }, { from: '/config.json', to: '', status: 200, force: true })
  for (const query of ['', '?', '?v=1&w=config.json']) {
    /** @type {Response} */
    const answer = await fetch(rule.to + query)
    assert.deepEqual(await answer.json(), { simulated: true })
    assert.equal(answer.headers.get('Cache-Control'), 'no-store')
  }
})

test('a text is served as it is', async () => {
  const [rule] = await serveFiles({ '.well-known/security.txt': 'Contact: mailto:a@b.example\n' })
  assert.ok(rule)
  const answer = await fetch(rule.to)
  assert.equal(await answer.text(), 'Contact: mailto:a@b.example\n')
  assert.equal(answer.headers.get('Content-Type'), 'text/plain; charset=utf-8')
})

test('two runs have their own files', async () => {
  const [one] = await serveFiles({ 'config.json': 1 })
  const [other] = await serveFiles({ 'config.json': 2 })
  assert.ok(one && other)
  assert.deepEqual([await (await fetch(one.to)).json(), await (await fetch(other.to)).json()], [1, 2])
})
