/** What holds under the real `netlify dev`, in a project of its own in a temporary folder. */
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  cpSync,
  createReadStream,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, test } from 'node:test'
import { isAlive, REPOSITORY } from './project.mjs'

/** On an idle machine 140 ms against about 300; on a busy one both grow. */
const TIMES_OF_BARE_NODE = 4

/** @type {Record<string, string>} */
const FILES = {
  'netlify.toml': `
[build]
  publish = "public"
[build.environment]
  APP_TOML = "toml"
  APP_TOML_AND_SHELL = "toml"
[functions]
  directory = "netlify/functions"
[dev]
  framework = "#static"
  publish = "public"
  autoLaunch = false
[[plugins]]
  package = "./netlify/plugin"
  [plugins.inputs]
    source = "."
    environment = ["APP_*"]
    page_config = "src.around.page_config"
    dev = "src.around.dev"
`,
  '.env': 'APP_FILE=file\nAPP_FILE_AND_SHELL=file\nAPP_MASKED=canary\n',
  'public/index.html': 'page\n',
  'src/around/dev.py': `
import json, os, pathlib, sys
pipe = os.open(pathlib.Path(__file__).with_name("pipe"), os.O_WRONLY)
os.write(pipe, b"dev\\n")
seen = {name: value for name, value in os.environ.items() if name.startswith(("APP_", "AWS_", "NETLIFY_"))}
print(json.dumps({"env": {"APP_ADDED": "added", "APP_SEEN": json.dumps(seen)}, "notes": ["a stand-in serves"]}), flush=True)
sys.stdin.read()
`,
  'src/around/page_config.py': `
import json, os
seen = {name: value for name, value in os.environ.items() if name.startswith(("APP_", "AWS_", "NETLIFY_"))}
print(json.dumps({"files": {"config.json": seen}, "headers": {"/*": {"X-From-Site": "yes"}}, "notes": ["a note"]}))
`,
  'src/hello.py': `
import json, os
def handler(event, context):
    return {"statusCode": 200, "body": json.dumps({"pid": os.getpid(), "environment": dict(os.environ)})}
`,
  'src/edited.py':
    'import package.installed\ndef handler(event, context): return {"statusCode": 200, "body": "one"}\n',
  'netlify/functions/alone.py': `
import beside
config = {"path": "/api/alone"}
def handler(event, context): return {"statusCode": 200, "body": "one"}
`,
  'netlify/functions/beside.py': '',
  'src/waits.py': `
import os, pathlib, time
def handler(event, context):
    pipe = os.open(pathlib.Path(__file__).parent / "around/pipe", os.O_WRONLY)
    os.write(pipe, b"waits\\n")
    time.sleep(180)
`,
  'netlify/functions/bare.mjs': `
export default async () => Response.json({})
export const config = { path: '/api/bare' }
`,
  'netlify/functions/hello.mjs': `
import { python } from '../python/bridge.mjs'
export default python('src.hello.handler', { timeoutSeconds: 10 })
export const config = { path: '/api/hello' }
`,
  'netlify/functions/edited.mjs': `
import { python } from '../python/bridge.mjs'
export default python('src.edited.handler', { timeoutSeconds: 10 })
export const config = { path: '/api/edited' }
`,
  'netlify/functions/waits-background.mjs': `
import { python } from '../python/bridge.mjs'
export default python('src.waits.handler', { timeoutSeconds: 200, background: true })
export const config = { background: true }
`,
}

const SHELL = { APP_TOML_AND_SHELL: 'shell', APP_FILE_AND_SHELL: 'shell', APP_MASKED: '' }
const SEEN = { ...SHELL, APP_TOML: 'toml', APP_FILE: 'file' }

const folder = mkdtempSync(path.join(os.tmpdir(), 'dev-'))
const origin = `http://localhost:${await freePort()}`
/** @type {import('node:child_process').ChildProcess} */
let cli
/** @type {import('node:readline').Interface} lines that processes write into a pipe which they hold to their end */
let held
/** @type {string[]} */
const printed = []

before(
  async () => {
    for (const [name, content] of Object.entries(FILES)) {
      mkdirSync(path.dirname(path.join(folder, name)), { recursive: true })
      writeFileSync(path.join(folder, name), content)
    }
    for (const part of ['netlify/python', 'netlify/plugin']) {
      cpSync(path.join(REPOSITORY, part), path.join(folder, part), { recursive: true })
    }
    execFileSync('git', ['init', '--quiet', folder])
    execFileSync('python3', ['-m', 'venv', '--without-pip', path.join(folder, '.venv')])
    const [packages = ''] = globSync(path.join(folder, '.venv/lib/python*/site-packages'))
    mkdirSync(path.join(packages, 'package'))
    writeFileSync(path.join(packages, 'package/installed.py'), '')
    execFileSync('mkfifo', [path.join(folder, 'src/around/pipe')])
    held = createInterface({ input: createReadStream(path.join(folder, 'src/around/pipe')) })
    cli = spawn(
      path.join(REPOSITORY, 'node_modules/.bin/netlify'),
      [
        'dev',
        '--offline',
        '--internal-disable-edge-functions',
        '--skip-gitignore',
        '--port',
        new URL(origin).port,
      ],
      {
        cwd: folder,
        env: { PATH: process.env.PATH, HOME: folder, AWS_PROFILE: 'canary', ...SHELL },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    )
    const wanted = new Set(['alone', 'bare', 'hello', 'edited', 'waits-background'])
    for await (const line of createInterface({
      input: /** @type {import('node:stream').Readable} */ (cli.stdout),
    })) {
      printed.push(line)
      wanted.delete(/Loaded function (.*)/.exec(line)?.[1] ?? '')
      if (!wanted.size) break
    }
    assert.equal(wanted.size, 0, `netlify dev did not start:\n${printed.join('\n')}`)
    cli.stdout?.resume()
    cli.stderr?.resume()
  },
  { timeout: 90_000 },
)

after(() => {
  cli.kill('SIGKILL')
  rmSync(folder, { recursive: true, maxRetries: 5 })
})

test('modules and functions see the same variables: the shell wins, and what it masks stays masked', async () => {
  const config = await (await fetch(`${origin}/config.json`)).json()
  assert.deepEqual(config, { ...SEEN, APP_ADDED: 'added', APP_SEEN: config.APP_SEEN })
  assert.deepEqual(JSON.parse(config.APP_SEEN), SEEN)
  const { environment } = await (await fetch(`${origin}/api/hello`)).json()
  const relevant = Object.entries(environment).filter(([name]) => /^(APP|AWS|NETLIFY)_/.test(name))
  assert.deepEqual(Object.fromEntries(relevant), config)
})

test('notes are printed and headers served', async () => {
  assert.deepEqual(
    printed.filter(line => line.startsWith('a ')),
    ['a stand-in serves', 'a note'],
  )
  assert.equal((await fetch(origin)).headers.get('x-from-site'), 'yes')
})

test('no child is left after an answer', async () => {
  const answers = [1, 2, 3, 4, 5].map(async () => (await fetch(`${origin}/api/hello`)).json())
  for (const { pid } of await Promise.all(answers)) assert.equal(isAlive(pid), false)
})

const EDITED = { edited: 'src/edited.py', alone: 'netlify/functions/alone.py' }

for (const [name, file] of Object.entries(EDITED)) {
  test(`${file} counts as it was edited at the next request`, async () => {
    assert.equal(await (await fetch(`${origin}/api/${name}`)).text(), 'one')
    // Of the same size, at the same time: what a cached .pyc cannot tell apart.
    const edited = path.join(folder, file)
    const { mtime } = statSync(edited)
    writeFileSync(edited, readFileSync(edited, 'utf8').replace('"one"', '"two"'))
    utimesSync(edited, mtime, mtime)
    assert.equal(await (await fetch(`${origin}/api/${name}`)).text(), 'two')
  })
}

test('bytecode is kept of what is installed, not of what is edited', async () => {
  await Promise.all(Object.keys(EDITED).map(async name => (await fetch(`${origin}/api/${name}`)).text()))
  const kept = globSync('{src,netlify,.venv}/**/*.pyc', { cwd: folder }).map(
    file => path.basename(file).split('.')[0],
  )
  assert.deepEqual(
    ['alone', 'beside', 'edited', 'installed'].filter(name => kept.includes(name)),
    ['installed'],
  )
})

test(`a request takes at most ${TIMES_OF_BARE_NODE} times as long as a bare Node function's`, async t => {
  const [bare, hello] = await leastMilliseconds('/api/bare', '/api/hello')
  t.diagnostic(`bare Node ${bare.toFixed(0)} ms, Python ${hello.toFixed(0)} ms`)
  assert.ok(hello <= TIMES_OF_BARE_NODE * bare)
})

test('a three-minute worker blocks nobody, and a killed CLI leaves no process', {
  timeout: 30_000,
}, async () => {
  const begun = once(held, 'line')
  const response = await fetch(`${origin}/.netlify/functions/waits-background`, {
    method: 'POST',
    body: '{}',
  })
  assert.equal(response.status, 202)
  assert.deepEqual(await begun, ['waits'])
  assert.equal((await fetch(`${origin}/api/hello`)).status, 200)
  cli.kill('SIGKILL')
  // The pipe ends with the last process that holds it: the stand-in and the worker's child.
  await once(held, 'close')
})

/**
 * How long two addresses take at their fastest, asked in turns so that other work on the machine meets both.
 *
 * @param {[string, string]} urls
 */
async function leastMilliseconds(...urls) {
  const least = /** @type {[number, number]} */ ([Infinity, Infinity])
  for (let round = 0; round < 7; round += 1) {
    for (const [place, url] of urls.entries()) {
      const start = performance.now()
      await (await fetch(origin + url)).text()
      least[place] = Math.min(least[place] ?? Infinity, performance.now() - start)
    }
  }
  return least
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  server.close()
  return port
}
