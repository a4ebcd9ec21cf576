import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'

const APP = new URL('../../public/app/', import.meta.url)
const SOURCES = readdirSync(APP, { recursive: true, encoding: 'utf8' })
  .filter(name => name.endsWith('.js'))
  .map(name => ({ name, code: readFileSync(new URL(name, APP), 'utf8') }))

/** What turns a text into markup or a script. https://www.w3.org/TR/trusted-types/#injection-sinks */
const SINKS =
  /\b(innerHTML|outerHTML|insertAdjacentHTML|srcdoc|createContextualFragment|parseFromString|setHTMLUnsafe)\b|document\.write|\beval\(|new Function\b|createElement\('script'\)|set(?:Timeout|Interval)\(['"`]/

test('the page has no sink for markup or scripts', () => {
  assert.deepEqual(
    SOURCES.filter(({ code }) => SINKS.test(code)).map(({ name }) => name),
    [],
  )
})

test('every worker is made of an own script', () => {
  for (const { name, code } of SOURCES)
    for (const [call] of code.matchAll(/(?:new (?:Shared)?Worker|\.register)\(.{0,12}/g))
      assert.match(call, /\((ownScript\()/, name)
})

test('the trusted policy knows the own scripts and no other', async () => {
  /** @type {any} */
  let rules
  Object.assign(globalThis, {
    trustedTypes: {
      createPolicy(/** @type {string} */ _, /** @type {any} */ given) {
        rules = given
        return given
      },
    },
  })
  const { ownScript } = await import('../../public/app/own_scripts.js')

  assert.equal(ownScript('/service_worker.js'), '/service_worker.js')
  for (const other of ['https://evil.example/x.js', '//evil.example/x.js', '/app/main.js', 'data:,1', ''])
    assert.throws(() => rules.createScriptURL(other), TypeError)
})
