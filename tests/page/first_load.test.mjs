import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'

const PUBLIC = new URL('../../public/', import.meta.url)
const html = readFileSync(new URL('index.html', PUBLIC), 'utf8')

/**
 * A module and everything that it imports at once.
 * @param {string} path
 * @param {Set<string>} seen
 */
function modules(path, seen = new Set()) {
  if (seen.has(path)) return seen
  seen.add(path)
  const source = readFileSync(new URL(`.${path}`, PUBLIC), 'utf8')
  for (const [, name] of source.matchAll(/^(?:import|export) (?:.* from )?'(.*)'$/gm)) {
    if (name) modules(new URL(name, new URL(path, 'http://page')).pathname, seen)
  }
  return seen
}

const first = modules('/app/main.js')

test('every module of the first load is fetched at once, not one after another', () => {
  const preloaded = [...html.matchAll(/<link rel="modulepreload" href="(.*)">/g)].map(([, href]) => href)
  assert.deepEqual(preloaded.sort(), [...first].sort())
})

test('what deals with jobs and photos is not part of it', () => {
  for (const later of ['engine', 'jobs_page', 'photos', 'photo_strip', 'crop_handle', 'job_store'])
    assert.ok(!first.has(`/app/${later}.js`), later)
})

test('the first load is at most 110 KB plain, 33 KB compressed', () => {
  const files = ['/index.html', '/style.css', '/icon.svg', ...first].map(path =>
    readFileSync(new URL(`.${path}`, PUBLIC)),
  )
  const plain = files.reduce((sum, file) => sum + file.length, 0)
  const compressed = files.reduce((sum, file) => sum + gzipSync(file).length, 0)
  console.log(`first load: ${plain} bytes plain, ${compressed} compressed, ${files.length} files`)
  assert.ok(plain <= 110_000, String(plain))
  assert.ok(compressed <= 33_000, String(compressed))
})

test('nothing is asked of a third party', () => {
  for (const path of ['/index.html', '/style.css', ...modules('/app/jobs_page.js'), ...first]) {
    const source = readFileSync(new URL(`.${path}`, PUBLIC), 'utf8')
    const code = source.replaceAll(/^\s*(?:\/?\*|\/\/).*$/gm, '')
    assert.ok(!/https?:\/\//.test(code), path)
  }
})
