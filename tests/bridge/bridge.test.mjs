import assert from 'node:assert/strict'
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  cpSync,
  createReadStream,
  globSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { isAlive, load, makeProject, PYTHON, project, writeHandler } from './project.mjs'

const ECHO_EVENT = `
import json
def handler(event, context):
    return {"statusCode": 200, "body": json.dumps(event)}
`

const PID = `
import os
def handler(event, context):
    return {"statusCode": 200, "body": str(os.getpid())}
`

const CONTEXT = {
  requestId: '01REQUEST',
  ip: '192.0.2.7',
  site: { id: 'site-1', name: 'hello', url: 'https://hello.example' },
  deploy: { id: 'deploy-1', context: 'production', published: true },
}

/** @param {string} detail @param {string} title @param {string} code */
const problem = (title, detail, code) => ({
  type: 'about:blank',
  title,
  status: code === 'timeout' ? 504 : 500,
  detail,
  code,
})
const FAILED = problem(
  'Internal Server Error',
  'The function failed. Its log names the reason under this request id.',
  'internal_error',
)
const TOO_LATE = problem('Gateway Timeout', 'The function took too long to answer.', 'timeout')

/** @param {string} reason @param {string} [code] @param {object} [raised] */
const failureLine = (reason, code = 'internal_error', raised = {}) => ({
  level: 'error',
  text: JSON.stringify({
    level: 'error',
    action: 'python.failed',
    requestId: 'request-1',
    handler: 'example.handler',
    code,
    reason,
    ...raised,
  }),
})

/**
 * Takes the bridge's own time out of an answer, which is another one each time.
 *
 * @param {Response} response
 */
function takeTiming(response) {
  const [, others, own] =
    /^(?:(.*), )?bridge;dur=([\d.]+)$/.exec(response.headers.get('server-timing') ?? '') ?? []
  assert.ok(Number(own) > 0, 'no time of the bridge')
  response.headers.delete('server-timing')
  if (others) response.headers.set('server-timing', others)
}

/**
 * @param {Response} response
 * @param {object} expected
 */
async function assertProblem(response, expected) {
  takeTiming(response)
  assert.deepEqual(
    { headers: Object.fromEntries(response.headers), document: await response.json() },
    {
      headers: {
        'cache-control': 'no-store',
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
        'x-content-type-options': 'nosniff',
        'content-type': 'application/problem+json',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
        'referrer-policy': 'no-referrer',
        'strict-transport-security': 'max-age=31536000',
        'x-request-id': 'request-1',
      },
      document: expected,
    },
  )
}

test('a request becomes the event of a Lambda proxy', async t => {
  t.mock.timers.enable({ apis: ['Date'], now: Date.UTC(2026, 10, 25, 7) })
  const { call } = await project(t, ECHO_EVENT, { timeoutSeconds: 1e6 })
  const request = new Request('https://hello.example:8443/api/caf%C3%A9?a=1&a=2&b=%20', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-Thing': 'one' },
    body: '{"name":"Zoë"}',
  })
  const response = await call(request, { ...CONTEXT, params: { name: 'café' } })
  assert.deepEqual(await response.json(), {
    resource: '/api/{name}',
    httpMethod: 'POST',
    path: '/api/caf%C3%A9',
    headers: {
      host: 'hello.example:8443',
      'x-forwarded-for': '192.0.2.7',
      'x-forwarded-port': '8443',
      'x-forwarded-proto': 'https',
      'content-type': 'application/json',
      'x-thing': 'one',
    },
    multiValueHeaders: {
      host: ['hello.example:8443'],
      'x-forwarded-for': ['192.0.2.7'],
      'x-forwarded-port': ['8443'],
      'x-forwarded-proto': ['https'],
      'content-type': ['application/json'],
      'x-thing': ['one'],
    },
    queryStringParameters: { a: '2', b: ' ' },
    multiValueQueryStringParameters: { a: ['1', '2'], b: [' '] },
    pathParameters: { name: 'café' },
    stageVariables: null,
    requestContext: {
      accountId: '000000000000',
      apiId: 'netlify',
      resourceId: 'netlify',
      resourcePath: '/api/{name}',
      stage: 'production',
      httpMethod: 'POST',
      path: '/api/caf%C3%A9',
      protocol: 'HTTP/1.1',
      requestId: '01REQUEST',
      requestTime: '25/Nov/2026:07:00:00 +0000',
      requestTimeEpoch: 1_795_590_000_000,
      authorizer: null,
      identity: { sourceIp: '192.0.2.7', userAgent: null },
      domainName: 'hello.example:8443',
      netlify: {
        site: { id: 'site-1', name: 'hello', url: 'https://hello.example' },
        deploy: { id: 'deploy-1', context: 'production', published: true },
        url: 'https://hello.example:8443/api/caf%C3%A9?a=1&a=2&b=%20',
      },
    },
    body: '{"name":"Zoë"}',
    isBase64Encoded: false,
  })
})

test('what the platform does not say is null, and no body is None', async t => {
  const { call } = await project(t, ECHO_EVENT)
  const event = await (await call(new Request('http://localhost/x'), {})).json()
  assert.match(event.requestContext.requestId, /^[0-9a-f-]{36}$/)
  for (const name of ['requestId', 'requestTime', 'requestTimeEpoch']) delete event.requestContext[name]
  const headers = { host: 'localhost', 'x-forwarded-port': '80', 'x-forwarded-proto': 'http' }
  assert.deepEqual(event, {
    resource: '/x',
    httpMethod: 'GET',
    path: '/x',
    headers,
    multiValueHeaders: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
    queryStringParameters: null,
    multiValueQueryStringParameters: null,
    pathParameters: null,
    stageVariables: null,
    requestContext: {
      accountId: '000000000000',
      apiId: 'netlify',
      resourceId: 'netlify',
      resourcePath: '/x',
      stage: 'dev',
      httpMethod: 'GET',
      path: '/x',
      protocol: 'HTTP/1.1',
      authorizer: null,
      identity: { sourceIp: null, userAgent: null },
      domainName: 'localhost',
      netlify: {
        site: { id: null, name: null, url: null },
        deploy: { id: null, context: null, published: null },
        url: 'http://localhost/x',
      },
    },
    body: null,
    isBase64Encoded: false,
  })
})

test('a body that is no UTF-8 comes as base64', async t => {
  const { call } = await project(t, ECHO_EVENT)
  const event = await (
    await call(new Request('http://x/', { method: 'POST', body: Buffer.from([255, 0, 1]) }))
  ).json()
  assert.deepEqual([event.body, event.isBase64Encoded], ['/wAB', true])
})

test('a response keeps its status, headers, cookies and bytes', async t => {
  const { call } = await project(
    t,
    `
def handler(event, context):
    return {
        "statusCode": 418,
        "headers": {"Content-Type": "image/png", "X-Count": 3, "Server-Timing": "python;dur=1"},
        "multiValueHeaders": {"Set-Cookie": ["a=1", "b=2"]},
        "body": "/wAB",
        "isBase64Encoded": True,
    }
`,
  )
  const response = await call()
  takeTiming(response)
  assert.equal(response.status, 418)
  assert.deepEqual(
    [...response.headers],
    [
      ['content-type', 'image/png'],
      ['server-timing', 'python;dur=1'],
      ['set-cookie', 'a=1'],
      ['set-cookie', 'b=2'],
      ['x-count', '3'],
    ],
  )
  assert.deepEqual(Buffer.from(await response.arrayBuffer()), Buffer.from([255, 0, 1]))
})

test('megabytes go both ways unchanged', async t => {
  const { call } = await project(
    t,
    'def handler(event, context): return {"statusCode": 200, "body": event["body"]}',
  )
  const text = 'é'.repeat(2_900_000)
  const response = await call(new Request('http://x/', { method: 'POST', body: text }))
  assert.equal((await response.text()) === text, true)
})

test("the context has all of AWS Lambda's", async t => {
  const { call } = await project(
    t,
    `
def handler(event, context):
    left = context.get_remaining_time_in_millis()
    return {**{name: value for name, value in vars(context).items() if name[0] != "_"}, "left": 0 < left <= 20_000,
            "rest": [context.function_version, context.identity, context.client_context]}
`,
  )
  assert.deepEqual(await (await call()).json(), {
    aws_request_id: 'request-1',
    function_name: 'example.handler',
    invoked_function_arn: 'arn:aws:lambda:us-east-2:000000000000:function:example.handler',
    log_group_name: '/aws/lambda/example.handler',
    log_stream_name: 'netlify',
    memory_limit_in_mb: 1024,
    left: true,
    rest: ['$LATEST', null, null],
  })
})

for (const [title, returned, status, type, body] of /** @type {const} */ ([
  ['text', '"hello"', 200, 'application/json', 'hello'],
  ['a dict without a status', '{"a": [1]}', 200, 'application/json', '{"a": [1]}'],
  ['a list', '[1, 2]', 200, 'application/json', '[1, 2]'],
  ['an HTTPStatus', '{"statusCode": HTTPStatus.CREATED}', 201, null, ''],
  ['bytes', '{"statusCode": 200, "body": b"\\xc3\\xa9"}', 200, null, 'é'],
  ['a bytearray', '{"statusCode": 200, "body": bytearray(b"ab")}', 200, null, 'ab'],
  ['base64 as bytes', '{"statusCode": 200, "body": b"YWI=", "isBase64Encoded": True}', 200, null, 'ab'],
  ['no body', '{"statusCode": 204, "body": None}', 204, null, ''],
  ['a body with a status that has none', '{"statusCode": 304, "body": "unseen"}', 304, null, ''],
  ['a status as text', '{"statusCode": "201", "body": "a"}', 201, null, 'a'],
  ['a status as a float', '{"statusCode": 201.0, "body": "a"}', 201, null, 'a'],
])) {
  test(`a handler may return ${title}`, async t => {
    const source = `
from http import HTTPStatus
def handler(event, context): return ${returned}
`
    const { call } = await project(t, source)
    const response = await call()
    assert.deepEqual(
      [response.status, response.headers.get('content-type'), await response.text()],
      [status, type, body],
    )
  })
}

test('cookies of format 2.0 and headers of both are sent', async t => {
  const { call } = await project(
    t,
    `
def handler(event, context):
    return {"statusCode": 200, "cookies": ["b=2", "c=3"], "multiValueHeaders": {"Set-Cookie": ["a=1"]}}
`,
  )
  assert.deepEqual((await call()).headers.getSetCookie(), ['a=1', 'b=2', 'c=3'])
})

for (const [title, members, headers] of /** @type {const} */ ([
  ['a list of values', '"headers": {"X": ["1", "2"]}', [['x', '1, 2']]],
  ['pairs', '"headers": [("X", 1), ("X", 2)]', [['x', '1, 2']]],
  ['None', '"headers": {"X": None, "Y": "1"}', [['y', '1']]],
  ['a mapping of their own kind', '"headers": mappingproxy({"X": "1"})', [['x', '1']]],
  [
    'a message, which has pairs',
    '"headers": message("TE", "trailers", "Vary", "a", "Vary", "b")',
    [
      ['te', 'trailers'],
      ['vary', 'a, b'],
    ],
  ],
  [
    'a whole number of any length',
    '"headers": {"X": 1234567890123456789, "Y": [-(2**64)]}',
    [
      ['x', '1234567890123456789'],
      ['y', '-18446744073709551616'],
    ],
  ],
  ['a whole number with a name', '"headers": {"X": HTTPStatus.OK}', [['x', '200']]],
  [
    'other values of JSON',
    '"headers": {"X": 1.5, "Y": True}',
    [
      ['x', '1.5'],
      ['y', 'true'],
    ],
  ],
  ['one text in multiValueHeaders', '"multiValueHeaders": {"X": "abc"}', [['x', 'abc']]],
  ['the same in both', '"headers": {"x": "1"}, "multiValueHeaders": {"X": ["1", "2"]}', [['x', '1, 2']]],
  ['one cookie as text', '"cookies": "a=1"', [['set-cookie', 'a=1']]],
  [
    'two cookies',
    '"headers": {"Set-Cookie": ["a=1", "b=2"]}',
    [
      ['set-cookie', 'a=1'],
      ['set-cookie', 'b=2'],
    ],
  ],
])) {
  test(`headers may be ${title}`, async t => {
    const source = `
from email.message import Message
from http import HTTPStatus
from types import MappingProxyType as mappingproxy
def message(*words):
    made = Message()
    for name, value in zip(words[::2], words[1::2]): made[name] = value
    return made
def handler(event, context): return {"statusCode": 200, ${members}}
`
    const { call } = await project(t, source)
    const response = await call()
    takeTiming(response)
    assert.deepEqual([...response.headers], headers)
  })
}

for (const [title, end, said] of /** @type {const} */ ([
  ['returns', 'return {"statusCode": 200, "body": "child"}', []],
  ['raises', 'raise ValueError("of the child")', ['ValueError: of the child']],
  ['exits', 'os._exit(0)', []],
])) {
  test(`a forked process that ${title} answers nothing`, async t => {
    const { call, lines } = await project(
      t,
      `
import logging, os
def handler(event, context):
    if child := os.fork():
        os.waitpid(child, 0)
        return {"statusCode": 200, "body": str(os.getpid())}
    print("printed by the child")
    logging.error("logged by the child")
    ${end}
`,
    )
    const [first, second] = [await call(), await call()]
    assert.deepEqual([first.status, second.status, await first.text()], [200, 200, await second.text()])
    const texts = lines.map(({ text }) => text).filter(text => / child$/.test(text))
    assert.deepEqual(
      texts.toSorted(),
      [
        ...said,
        'logged by the child',
        'printed by the child',
        ...said,
        'logged by the child',
        'printed by the child',
      ].toSorted(),
    )
  })
}

test('a coroutine function runs, in one event loop for all requests', async t => {
  const { call } = await project(
    t,
    `
import asyncio
loops = set()
async def handler(event, context):
    await asyncio.sleep(0)
    loops.add(id(asyncio.get_running_loop()))
    return {"loops": len(loops)}
`,
  )
  await call()
  assert.deepEqual(await (await call()).json(), { loops: 1 })
})

for (const [name, source] of /** @type {const} */ ([
  ['hello.py', 'def handler(event, context): return event["path"]'],
  ['flask.py', 'import flask\ndef handler(event, context): return "/x" if flask.Flask else ""'],
  ['email.py', 'import email.message\nasync def handler(event, context): return event["path"]'],
  ['no.name.py', 'def handler(event, context): return event["path"]'],
  ['more.py', 'async def handler(event, context, more=None): return event["path"]'],
  ['env.py', 'def handler(env, ctx): return env["path"]'],
  ['unused.py', 'def handler(env, _): return env["path"]'],
  ['environ.py', 'def handler(environ, lambda_context, more=None): return environ["path"]'],
  ['one.py', 'import beside\ndef handler(env, *rest): return beside.handler(env, *rest)'],
  [
    'adapted.py',
    `
import functools
def application(environ, start_response): ...
@functools.wraps(application)
def handler(event, context): return event["path"]`,
  ],
  [
    'decorated.py',
    `
import functools
def application(environ, start_response): ...
class Adapter:
    def __init__(self, app): functools.update_wrapper(self, app)
    def __call__(self, event, context): return event["path"]
handler = Adapter(application)`,
  ],
  ['two-words.py', 'import beside\nlambda_handler = beside.handler'],
  ['guarded.py', 'try:\n    from beside import handler\nexcept ImportError:\n    handler = None'],
  ['logged.py', 'import logging\nhandler = logging.StreamHandler()\nfrom beside import handler as app'],
  ['deep/deep.py', 'class App:\n    def __call__(self, event, context): return event["path"]\napp = App()'],
])) {
  test(`the file ${name} is a function`, async t => {
    const folder = makeProject(t, '')
    mkdirSync(path.join(folder, 'functions/deep'), { recursive: true })
    writeFileSync(path.join(folder, 'functions', name), source)
    writeFileSync(
      path.join(folder, 'functions/beside.py'),
      'def handler(event, context): return event["path"]',
    )
    const { call } = await load(t, folder, { handler: name })
    assert.equal(await (await call(new Request('http://x/x'))).text(), '/x')
  })
}

for (const name of ['api.py', 'api/api.py', 'api/index.py']) {
  test(`a module beside ${name} imports that very function`, async t => {
    const folder = makeProject(t, '')
    const file = path.join(folder, 'functions', name)
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, 'routes = []\nimport views\ndef handler(event, context): return routes')
    const own = path.basename(name, '.py')
    writeFileSync(path.join(path.dirname(file), 'views.py'), `from ${own} import routes\nroutes.append("/x")`)
    const { call } = await load(t, folder, { handler: name })
    assert.deepEqual(await (await call()).json(), ['/x'])
  })
}

for (const method of ['spawn', 'forkserver']) {
  test(`${method} runs what is in the function's own file`, async t => {
    const folder = makeProject(t, '')
    mkdirSync(path.join(folder, 'functions'))
    const source = `
import multiprocessing
def work(pipe): pipe.send("worked")
def handler(event, context):
    own = multiprocessing.get_context("${method}")
    ours, theirs = own.Pipe()
    own.Process(target=work, args=(theirs,)).start()
    theirs.close()
    return ours.recv()
`
    writeFileSync(path.join(folder, 'functions/api.py'), source)
    const { call } = await load(t, folder, { handler: 'api.py' })
    assert.equal(await (await call()).text(), 'worked')
  })
}

for (const [title, source, reason] of /** @type {const} */ ([
  ['no function', 'x = 1', 'ImportError: example.py defines no handler(event, context) and no app'],
  [
    'an application of ASGI',
    'async def app(scope, receive, send): ...',
    'ImportError: this is an application of ASGI: require mangum, which adapts it',
  ],
  [
    'an application of WSGI',
    'class App:\n    def __call__(self, environ, start_response): ...\napp = App()',
    'ImportError: this is an application of WSGI: require apig-wsgi, which adapts it',
  ],
  [
    'an application of WSGI that has its own names',
    'def app(env, start_resp): ...',
    'ImportError: this is an application of WSGI: require apig-wsgi, which adapts it',
  ],
  [
    'an application of WSGI behind what passes all on',
    `
import functools
def inner(environ, start_response): ...
@functools.wraps(inner)
def app(*args, **kwargs): return inner(*args, **kwargs)`,
    'ImportError: this is an application of WSGI: require apig-wsgi, which adapts it',
  ],
  [
    'an application of ASGI whose call lies in a slot',
    `
class App:
    __slots__ = ("__call__",)
    def __init__(self): self.__call__ = self._run
    async def _run(self, scope, receive, send): ...
app = App()`,
    'ImportError: this is an application of ASGI: require mangum, which adapts it',
  ],
])) {
  test(`a file with ${title} and nothing that runs it says so`, async t => {
    const folder = makeProject(t, '')
    mkdirSync(path.join(folder, 'functions'))
    writeFileSync(path.join(folder, 'functions/example.py'), source)
    const { call, lines } = await load(t, folder, { handler: 'example.py' })
    assert.equal((await call()).status, 500)
    assert.equal(lines[0]?.text.split('\n').at(-1), reason)
  })
}

test('a failure names the line of the project, not that of a package', async t => {
  const { call, lines } = await project(
    t,
    `
import json
def handler(event, context):
    return deeper()
def deeper():
    return json.loads("{")
`,
  )
  await call()
  assert.deepEqual(
    lines.at(-1),
    failureLine('the handler raised an exception', 'internal_error', {
      error: 'JSONDecodeError',
      place: 'example.py:6',
    }),
  )
})

test('a variable can be for one handler alone', async t => {
  process.env.APP_ONE = 'one'
  t.after(() => delete process.env.APP_ONE)
  const source = 'import os\ndef handler(event, context): return {"seen": "APP_ONE" in os.environ}'
  const folder = makeProject(t, source)
  const file = path.join(folder, '.netlify/python/bundle/python.json')
  const settings = JSON.parse(readFileSync(file, 'utf8'))
  for (const [environment, seen] of /** @type {const} */ ([
    [{ '*': ['APP_ONE'] }, true],
    [{ '*': ['APP_ONE'], 'example.handler': [] }, false],
    [{ '*': [], 'example.handler': ['APP_*'] }, true],
    [{ 'other.handler': ['APP_*'] }, false],
  ])) {
    writeFileSync(file, JSON.stringify({ ...settings, environment }))
    const { call } = await load(t, folder)
    assert.deepEqual(await (await call()).json(), { seen })
  }
})

for (const [options, seconds] of /** @type {const} */ ([
  [undefined, 58],
  [{}, 58],
  [{ background: true }, 840],
  [{ background: true, timeoutSeconds: 7 }, 7],
])) {
  test(`python(handler, ${JSON.stringify(options)}) has ${seconds} seconds`, async t => {
    const source = 'def handler(event, context):\n    return str(context.get_remaining_time_in_millis())\n'
    const folder = makeProject(t, source)
    const { python } = await import(path.join(folder, 'netlify/python/bridge.mjs'))
    const entry = python('example.handler', options)
    await entry(new Request('http://x/'), {}) // Python's start is not in what remains of the next
    const response = await entry(new Request('http://x/'), {})
    assert.equal(response.status, 200)
    assert.equal(Math.ceil(Number(await response.text()) / 1000), seconds)
  })
}

test('a request waits for its answer though nothing else keeps Node alive', async t => {
  const folder = makeProject(t, 'import time\ndef handler(event, context): time.sleep(60)')
  const script = `
    import { python } from '${folder}/netlify/python/bridge.mjs'
    globalThis.setTimeout = (work, ms) => { const timer = setInterval(work, ms).unref(); return timer }
    globalThis.clearTimeout = clearInterval
    const response = await python('example.handler', { timeoutSeconds: 0.3 })(new Request('http://x/'), {})
    process.stdout.write(String(response.status))`
  const { stdout, status } = spawnSync(process.execPath, ['--input-type=module', '--eval', script])
  assert.deepEqual([status, stdout.toString()], [0, '504'])
})

for (const [title, statement, characters] of /** @type {const} */ ([
  ['printed at once', 'print("x" * size)', 40_000_000],
  ['written without an end of line', 'sys.stdout.write("x" * size)', 20_000_000],
  ['written to the descriptor', 'os.write(1, b"x" * size)', 60_000],
  ['logged', 'logging.getLogger("a").error("x" * size)', 40_000_000],
  ['written by a subprocess', 'subprocess.run(["head", "-c", str(size), "/dev/zero"])', 20_000_000],
])) {
  test(`${characters} characters ${title} come in pieces`, async t => {
    const source = `
import logging, os, subprocess, sys
def handler(event, context):
    size = ${characters}
    ${statement}
    return "answer"
`
    const { call, lines } = await project(t, source, { timeoutSeconds: 60 })
    assert.equal(await (await call()).text(), 'answer')
    assert.equal(
      lines.reduce((sum, { text }) => sum + text.length, 0),
      characters,
    )
    assert.ok(Math.max(...lines.map(({ text }) => text.length)) <= 100_000)
  })
}

test('all that is printed or logged appears in order, by level, before the answer', async t => {
  const { call, lines } = await project(
    t,
    `
import logging, sys
logger = logging.getLogger("example")
logger.setLevel(logging.DEBUG)
def handler(event, context):
    print("one", 1)
    logger.debug("two")
    logger.info("three")
    print("four", file=sys.stderr)
    logger.warning("five")
    sys.stdout.buffer.write("six \\u00e9\\n".encode())
    logger.error("seven")
    print("eight", end="")
    return {"statusCode": 200}
`,
  )
  await call()
  assert.deepEqual(lines, [
    { level: 'info', text: 'one 1' },
    { level: 'debug', text: 'two' },
    { level: 'info', text: 'three' },
    { level: 'error', text: 'four' },
    { level: 'warn', text: 'five' },
    { level: 'info', text: 'six é' },
    { level: 'error', text: 'seven' },
    { level: 'info', text: 'eight' },
  ])
})

test('printed text of several lines is one entry, and no empty one follows it', async t => {
  const { call, lines } = await project(
    t,
    `
import sys
def handler(event, context):
    print("one\\ntwo")
    print("three\\n")
    print("four\\nfive", end="")
    print()
    print()
    print("six\\nseven", file=sys.stderr)
    return {"statusCode": 200}
`,
  )
  await call()
  assert.deepEqual(lines, [
    { level: 'info', text: 'one\ntwo' },
    { level: 'info', text: 'three' },
    { level: 'info', text: '' },
    { level: 'info', text: 'four\nfive' },
    { level: 'info', text: '' },
    { level: 'error', text: 'six\nseven' },
  ])
})

test('what C code writes to descriptors 1 and 2 appears before the answer, request after request', async t => {
  const { call, lines } = await project(
    t,
    `
import os
def handler(event, context):
    print("printed")
    os.write(1, b"first\\nno end of line")
    os.write(2, b"second\\n")
    return {"statusCode": 200}
`,
  )
  for (let round = 0; round < 100; round += 1) {
    await call()
    const written = lines.splice(0).toSorted((a, b) => a.text.localeCompare(b.text))
    assert.deepEqual(written, [
      { level: 'info', text: 'first' },
      { level: 'info', text: 'no end of line' },
      { level: 'info', text: 'printed' },
      { level: 'error', text: 'second' },
    ])
  }
})

for (const [title, statements] of /** @type {const} */ ([
  [
    'a destructor logs amid a log record',
    `
    for _ in range(3000):
        Session()
        logging.warning("step")
    gc.collect()
    return {"step": 3000, "unclosed": 3000}`,
  ],
  [
    'destructors log while one thread logs and another prints',
    `
    def work():
        for _ in range(1000):
            Session()
            print("printed")
    thread = threading.Thread(target=work)
    thread.start()
    for _ in range(1000):
        Session()
        logging.warning("step")
    thread.join()
    gc.collect()
    return {"step": 1000, "printed": 1000, "unclosed": 2000}`,
  ],
  [
    'a signal prints amid a printed line',
    `
    def tick(*_):
        ticks.append(1)
        sys.stdout.write("tick\\n")
    ticks = []
    signal.signal(signal.SIGALRM, tick)
    signal.setitimer(signal.ITIMER_REAL, 0.001, 0.002)
    steps = 0
    while len(ticks) < 50:
        sys.stderr.write("step\\n")
        steps += 1
    signal.setitimer(signal.ITIMER_REAL, 0)
    return {"tick": len(ticks), "step": steps}`,
  ],
  ...['print("step")', 'logging.warning("step")', 'logging.warning("step" * 100_000)'].map(
    statement =>
      /** @type {const} */ ([
        `a signal raises amid ${statement}`,
        `
    def late(*_):
        if armed:
            armed.clear()
            raise TimeoutError
    logging.raiseExceptions = False  # what is raised amid its own formatting is lost, in all of Python
    def log_until_late():
        armed.append(1)
        while armed:
            ${statement}
    passed = 0
    armed = []
    signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, 0.003, 0.003)
    for _ in range(50):
        try:
            log_until_late()
        except TimeoutError:
            passed += 1
    signal.setitimer(signal.ITIMER_REAL, 0)
    return {"hasPassed": passed > 3}`,
      ]),
  ),
])) {
  test(`frames stay whole where ${title}`, async t => {
    const { call, lines } = await project(
      t,
      `
import gc, logging, signal, sys, threading
class Session:
    def __init__(self):
        self.itself = self
    def __del__(self):
        logging.warning("unclosed")
def handler(event, context):${statements}
`,
    )
    const response = await call()
    assert.equal(response.status, 200)
    const found = await response.json()
    /** @type {Record<string, number>} */
    const counts = {}
    for (const { text } of lines) counts[text] = (counts[text] ?? 0) + 1
    if ('hasPassed' in found) {
      // What is interrupted may be lost, or come in one line with the next.
      assert.equal(found.hasPassed, true)
      assert.deepEqual(new Set(lines.map(({ text }) => text.replaceAll('step', ''))), new Set(['']))
    } else {
      assert.deepEqual(counts, found)
    }
  })
}

test('libraries that log at info stay quiet, as in AWS Lambda', async t => {
  const { call, lines } = await project(
    t,
    `
import logging
def handler(event, context):
    logging.getLogger("library").info("GET https://bucket.example/?X-Amz-Signature=secret")
    return {"statusCode": 200}
`,
  )
  await call()
  assert.deepEqual(lines, [])
})

test('one child serves the requests that follow one another', async t => {
  const { call } = await project(t, PID)
  assert.equal(await (await call()).text(), await (await call()).text())
})

test('a thousand requests leave memory, descriptors and threads as they were', async t => {
  const { call } = await project(
    t,
    `
import os, resource, threading
def handler(event, context):
    return {
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
        "descriptors": len(os.listdir("/dev/fd")),
        "threads": threading.active_count(),
    }
`,
  )
  const figures = async () =>
    (await call(new Request('http://x/', { method: 'POST', body: 'x'.repeat(10_000) }))).json()
  const mine = () => process.getActiveResourcesInfo().length
  for (let round = 0; round < 100; round += 1) await figures()
  const [before, resources] = [await figures(), mine()]
  for (let round = 0; round < 900; round += 1) await figures()
  const after = await figures()
  assert.deepEqual(
    [after.descriptors, after.threads, mine()],
    [before.descriptors, before.threads, resources],
  )
  assert.ok(after.memory <= 1.05 * before.memory, `${after.memory} of ${before.memory}`)
})

test('requests at the same time get their own answers', async t => {
  const { call } = await project(
    t,
    'def handler(event, context): return {"statusCode": 200, "body": event["body"]}',
  )
  const bodies = ['a', 'b', 'c'].map(letter => letter.repeat(100_000))
  const responses = await Promise.all(
    bodies.map(body => call(new Request('http://x/', { method: 'POST', body }))),
  )
  assert.deepEqual(await Promise.all(responses.map(response => response.text())), bodies)
})

test('Python inherits no descriptor of the platform', { timeout: 20_000 }, async t => {
  const folder = makeProject(
    t,
    'import os\ndef handler(event, context): print(sorted(map(int, os.listdir("/dev/fd"))))',
  )
  // Node itself closes what lies below the first gap after 15; Lambda's descriptor for log entries may be beyond.
  /** @type {('pipe' | 'ignore')[]} */
  const stdio = ['ignore', 'pipe', ...Array(17).fill('ignore'), 'pipe']
  const node = runEntry(folder, '/', stdio)
  const seen = await text(/** @type {import('node:stream').Readable} */ (node.stdout))
  // The last two are that of the requests and that of the listing.
  assert.equal(seen.split('\n')[0], '[0, 1, 2, 3, 4, 5]')
})

test('a subprocess of the handler can neither read requests nor write answers', async t => {
  const { call } = await project(
    t,
    `
import subprocess, sys
PROBE = "import os, sys; print(repr(sys.stdin.read())); print(sorted(os.listdir('/dev/fd'))[:3])"
def handler(event, context):
    done = subprocess.run([sys.executable, "-c", PROBE + "; os.fstat(3)"], capture_output=True, text=True, close_fds=False)
    return {"statusCode": 200, "body": done.stdout.splitlines()[0] + " " + str("Bad file descriptor" in done.stderr)}
`,
  )
  // Descriptor 3 may be open for the listing itself; after it, it is not.
  assert.equal(await (await call()).text(), "'' True")
})

test('an exception is a 500 with the traceback in the log alone, and the child goes on', async t => {
  const { call, lines } = await project(
    t,
    `
import os
def handler(event, context):
    if event["path"] == "/raise":
        print("before", end="")
        raise ValueError("the reason")
    return {"statusCode": 200, "body": str(os.getpid())}
`,
  )
  const before = await (await call()).text()
  const response = await call(new Request('http://x/raise'))
  assert.equal(response.status, 500)
  await assertProblem(response, FAILED)
  assert.equal(lines[0]?.text, 'before')
  assert.match(lines[1]?.text ?? '', /^Traceback \(most recent call last\):\n.*\nValueError: the reason$/s)
  const raised = { error: 'ValueError', place: 'example.py:6' }
  assert.deepEqual(lines.slice(2), [failureLine('the handler raised an exception', 'internal_error', raised)])
  assert.equal(await (await call()).text(), before)
})

for (const name of ['logging', 'traceback', 'linecache', 'tokenize', 'textwrap']) {
  test(`a module of the project's that is called ${name} hides neither a log record nor a failure`, async t => {
    const source = `
import logging, threading
def handler(event, context):
    if event["path"] == "/log":
        logging.warning("logged")
        return str(threading.active_count())
    raise ValueError("the reason")
`
    const folder = makeProject(t, source)
    writeFileSync(path.join(folder, `src/${name}.py`), 'NOTHING = True')
    const { call, lines } = await load(t, folder)
    assert.equal((await call(new Request('http://x/log'))).status, 200)
    await assertProblem(await call(), FAILED)
    const raised = { error: 'ValueError', place: 'example.py:7' }
    const [record, failure, ...rest] = lines
    assert.deepEqual(record, { level: 'warn', text: 'logged' })
    assert.match(
      failure?.text ?? '',
      /^Traceback .*example.py", line 7, in handler\n.*ValueError: the reason$/s,
    )
    assert.deepEqual(rest, [failureLine('the handler raised an exception', 'internal_error', raised)])
  })
}

test('a handler without a descriptor left to read by still tells where it failed', async t => {
  const { call, lines } = await project(
    t,
    `
import os
held = []
def handler(event, context):
    try:
        while True:
            held.append(os.open("/dev/null", os.O_RDONLY))
    except OSError:
        pass
    raise ValueError("the reason")
`,
  )
  await assertProblem(await call(), FAILED)
  assert.match(
    lines[0]?.text ?? '',
    /^Traceback \(most recent call last\):\n.*example.py", line 10, in handler\n.*ValueError: the reason$/s,
  )
})

test('what a virtual environment imports before the host is heard as well', async t => {
  const folder = makeProject(t, 'import logging\ndef handler(event, context): logging.warning("heard")')
  execFileSync(PYTHON, ['-m', 'venv', '--without-pip', path.join(folder, 'venv')])
  const [packages] = globSync(path.join(folder, 'venv/lib/python3*/site-packages'))
  writeFileSync(path.join(packages ?? '', 'early.pth'), 'import logging\n')
  const file = path.join(folder, '.netlify/python/bundle/python.json')
  const settings = JSON.parse(readFileSync(file, 'utf8'))
  writeFileSync(file, JSON.stringify({ ...settings, python: path.join(folder, 'venv/bin/python') }))
  const { call, lines } = await load(t, folder)
  await call()
  assert.deepEqual(lines[0], { level: 'warn', text: 'heard' })
})

for (const [title, query, expected] of /** @type {const} */ ([
  ['8000 values of one name', 'a&'.repeat(8000), [['a', 8000]]],
  [
    '5000 names',
    Array.from({ length: 5000 }, (_, index) => `n${index}&`).join(''),
    Array.from({ length: 5000 }, (_, index) => [`n${index}`, 1]),
  ],
])) {
  test(`a query of ${title} costs Node but a moment`, async t => {
    const source = `
def handler(event, context):
    assert {*event["queryStringParameters"].values()} == {""}
    return [[name, len(values)] for name, values in event["multiValueQueryStringParameters"].items()]
`
    const { call } = await project(t, source)
    await call(new Request('https://site.example/api/x?a'))
    const before = process.cpuUsage()
    const response = await call(new Request(`https://site.example/api/x?${query}`))
    const { user, system } = process.cpuUsage(before)
    assert.deepEqual(await response.json(), expected)
    assert.ok(user + system < 500_000, `${user + system} µs of processor time`)
  })
}

for (const [pathname, params, resource] of /** @type {const} */ ([
  ['/items/items', { id: 'items' }, '/items/{id}'],
  ['/a/1/1', { x: '1', y: '1' }, '/a/{x}/{y}'],
  ['/sp%20ace/b', { name: 'sp ace' }, '/{name}/b'],
  ['/a/b/c', { splat: 'b/c' }, '/a/b/c'],
])) {
  test(`the resource of ${pathname} is ${resource}`, async t => {
    const { call } = await project(t, 'def handler(event, context): return [event["resource"]]')
    const response = await call(new Request(`http://x${pathname}`), { requestId: 'request-1', params })
    assert.deepEqual(await response.json(), [resource])
  })
}

test('a record of the import itself is sent, with its level and once', async t => {
  const { call, lines } = await project(
    t,
    `
import threading
def imports(): import logging
threads = [threading.Thread(target=imports) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
import logging
logging.warning("imported")
def handler(event, context): logging.error("called")
`,
  )
  await call()
  assert.deepEqual(lines.slice(0, 2), [
    { level: 'warn', text: 'imported' },
    { level: 'error', text: 'called' },
  ])
})

test('Node is prepared for an answer once, while Python starts, and a failure of that is none', async t => {
  const { call } = await project(t, 'import sys\ndef handler(event, context): return [*sys.modules]')
  const prepared = t.mock.method(Readable, 'fromWeb', () => {
    throw new TypeError('not in this version')
  })
  const loaded = await (await call()).json()
  assert.equal((await call()).status, 200)
  assert.equal(prepared.mock.callCount(), 1)
  // What the host imports late a small function never waits for.
  for (const name of ['typing', 'logging', 'traceback', 'signal']) assert.ok(!loaded.includes(name), name)
})

for (const [title, returned] of [
  ['a number', '7'],
  ['a body that is a dict', '{"statusCode": 200, "body": {"a": 1}}'],
  ['a status that is a bool', '{"statusCode": True}'],
  ['too much', '{"statusCode": 200, "body": "x" * 20_000_001}'],
  ['no status', '{"body": ""}'],
  ['a status that is no number', '{"statusCode": "OK"}'],
  ['half a status', '{"statusCode": 200.5}'],
  ['a tuple', '{"a": 1}, 201'],
  ['parts that it makes one by one', '(part for part in "ab")'],
  ['after it has replaced what print writes to', 'replaced()'],
  ['a status that HTTP has not', '{"statusCode": 42}'],
  ['a header that JSON cannot hold', '{"statusCode": 200, "headers": {"X-Bytes": b""}}'],
  ['a header that HTTP cannot hold', '{"statusCode": 200, "headers": {"X-Lines": "a\\nb"}}'],
  ['None', 'None'],
  ['an exit', 'exit_with(3)'],
]) {
  test(`a handler that returns ${title} is a 500, and the child goes on`, async t => {
    const { call } = await project(
      t,
      `
import os, sys
def exit_with(status): sys.exit(status)
def replaced():
    sys.stdout = None
    raise ValueError
def handler(event, context):
    return ${returned} if event["path"] == "/bad" else {"statusCode": 200, "body": str(os.getpid())}
`,
    )
    const before = await (await call()).text()
    const response = await call(new Request('http://x/bad'))
    assert.equal(response.status, 500)
    await assertProblem(response, FAILED)
    assert.equal(await (await call()).text(), before)
  })
}

test('a problem has the members that the settings add, and none can hide its own', async t => {
  const problemMembers = { success: false, error: 'Sorry. {detail}', status: 200 }
  const { call } = await project(t, 'def handler(event, context): raise ValueError', { problemMembers })
  const response = await call()
  await assertProblem(response, { ...FAILED, success: false, error: `Sorry. ${FAILED.detail}` })
})

test('what a package begins before the import has begun when its handler is imported', async t => {
  const folder = makeProject(t, '')
  const begin = 'begun = []\ndef before_import(name):\n    begun.append(name)\n'
  const handler = `
import json, site_of_ours
seen = list(site_of_ours.begun)
handler = lambda event, context: {'statusCode': 200, 'body': json.dumps(seen)}
`
  mkdirSync(path.join(folder, 'src/site_of_ours'))
  writeFileSync(path.join(folder, 'src/site_of_ours/__init__.py'), begin)
  writeFileSync(path.join(folder, 'src/site_of_ours/hello.py'), handler)
  const { call } = await load(t, folder, { handler: 'site_of_ours.hello.handler' })

  assert.deepEqual(await (await call()).json(), ['site_of_ours.hello.handler'])
})

test('a handler that cannot be imported is a 500, its traceback once in the log; mended, it answers', async t => {
  const folder = makeProject(t, 'import os\nprint(os.getpid())\nimport no_such_module')
  const { call, lines } = await load(t, folder)
  // The child that was started early ends before any request.
  while (!lines.length) await setImmediate()
  while (isAlive(Number(lines[0]?.text))) await setImmediate()
  const response = await call()
  assert.equal(response.status, 500)
  await assertProblem(response, FAILED)
  assert.match(lines[1]?.text ?? '', /^Traceback .*ModuleNotFoundError: No module named 'no_such_module'$/s)
  assert.deepEqual(lines.slice(2), [failureLine('Python ended with status 1')])
  writeHandler(folder, PID)
  assert.equal((await call()).status, 200)
})

test('no Python where the settings say is a 500 that names it', async t => {
  const folder = makeProject(t, PID)
  const file = path.join(folder, '.netlify/python/bundle/python.json')
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), python: '/no/python' }))
  const { call, lines } = await load(t, folder)
  assert.equal((await call()).status, 500)
  assert.deepEqual(lines, [failureLine('Python did not start: spawn /no/python ENOENT')])
})

test('a project without its settings is a 500 that says what is missing', async t => {
  const folder = makeProject(t, PID)
  rmSync(path.join(folder, '.netlify'), { recursive: true })
  const { call, lines } = await load(t, folder)
  assert.equal((await call()).status, 500)
  const start = path.join(folder, 'netlify/python')
  assert.deepEqual(lines, [
    failureLine(
      `no .netlify/python/bundle/python.json above ${start}: the plugin must be in netlify.toml, ` +
        'and the deploy must build: not `netlify deploy --no-build`',
    ),
  ])
})

test('netlify functions:serve without settings says what to run first', async t => {
  process.env.NETLIFY_DEV = 'true'
  t.after(() => delete process.env.NETLIFY_DEV)
  const folder = makeProject(t, PID)
  const { call, lines } = await load(t, folder)
  assert.equal((await call(new Request('http://localhost/'))).status, 500)
  assert.match(lines[0]?.text ?? '', /run `netlify dev`, which prepares Python/)
})

test('the settings are found where .netlify is the root of the zip', async t => {
  const folder = makeProject(t, 'def handler(event, context): return "answer"')
  renameSync(path.join(folder, 'src'), path.join(folder, '.netlify/src'))
  const file = path.join(folder, '.netlify/python/bundle/python.json')
  const found = JSON.parse(readFileSync(file, 'utf8'))
  cpSync(path.join(folder, 'netlify/python'), path.join(folder, '.netlify/v1'), { recursive: true })
  writeFileSync(file, JSON.stringify({ ...found, host: '../../v1/host.py', path: ['../../src'] }))
  renameSync(path.join(folder, '.netlify'), path.join(folder, 'task'))
  const { python } = await import(path.join(folder, 'task/v1/bridge.mjs'))
  const response = await python('example.handler', { timeoutSeconds: 20 })(new Request('http://x/'), {})
  assert.equal(await response.text(), 'answer')
})

test('past its deadline a child and what it started are gone before the answer, and the next one is fresh', async t => {
  const folder = makeProject(
    t,
    `
import os, subprocess, sys, time
def handler(event, context):
    if event["path"] == "/hang":
        started = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        print(os.getpid(), started.pid)
        time.sleep(60)
    return {"statusCode": 200, "body": str(os.getpid())}
`,
  )
  const { call, lines } = await load(t, folder, { timeoutSeconds: 1.5 })
  const response = await call(new Request('http://x/hang'))
  const [child, grandchild] = (lines[0]?.text ?? '').split(' ').map(Number)
  assert.equal(response.status, 504)
  await assertProblem(response, TOO_LATE)
  assert.deepEqual(lines.slice(1), [failureLine('Python gave no answer in time', 'timeout')])
  assert.equal(isAlive(Number(child)), false)
  assert.equal(isRunning(Number(grandchild)), false)
  assert.equal((await call()).status, 200)
})

for (const [title, statement, reason] of [
  ['is killed', 'os.kill(os.getpid(), 9)', 'Python ended with SIGKILL'],
  ['exits', 'os._exit(0)', 'Python ended with status 0'],
  [
    'writes garbage',
    'os.write(3, b"HTTP/1.1 200 OK\\r\\n\\r\\n")',
    'Python wrote something that is no answer',
  ],
  [
    'writes a frame that is no JSON',
    'os.write(3, bytes(8) + b"x")',
    'Python wrote something that is no answer',
  ],
  [
    'answers another request',
    'os.write(3, bytes([0, 0, 0, 13, 0, 0, 0, 0]) + b\'{"answer": 7}\'); time.sleep(60)',
    'Python answered no request',
  ],
]) {
  test(`a child that ${title} during a request is a 500, and the next one is fresh`, async t => {
    const { call, lines } = await project(
      t,
      `
import os, time
def handler(event, context):
    if event["path"] == "/bad":
        ${statement}
        time.sleep(60)
    return {"statusCode": 200, "body": str(os.getpid())}
`,
    )
    const before = await (await call()).text()
    const response = await call(new Request('http://x/bad'))
    assert.equal(response.status, 500)
    await assertProblem(response, FAILED)
    assert.deepEqual(lines, [failureLine(String(reason))])
    assert.equal(isAlive(Number(before)), false)
    const after = await call()
    assert.equal(after.status, 200)
    assert.notEqual(await after.text(), before)
  })
}

test('the last words of a crash reach the log', async t => {
  const { call, lines } = await project(
    t,
    `
import ctypes
def handler(event, context):
    ctypes.string_at(0)
`,
  )
  assert.equal((await call()).status, 500)
  assert.deepEqual(lines[0], { level: 'error', text: 'Fatal Python error: Segmentation fault' })
  assert.deepEqual(lines.at(-1), failureLine('Python ended with SIGSEGV'))
})

test('a child killed between requests is replaced without a failed request', async t => {
  const { call, lines } = await project(t, PID)
  const before = Number(await (await call()).text())
  process.kill(before, 'SIGKILL')
  while (isRunning(before));
  const after = await call()
  assert.equal(after.status, 200)
  assert.notEqual(Number(await after.text()), before)
  assert.deepEqual(lines, [])
})

test('a child that was frozen between requests answers the next', async t => {
  const { call } = await project(t, PID)
  const before = Number(await (await call()).text())
  process.kill(before, 'SIGSTOP')
  process.kill(before, 'SIGCONT')
  assert.equal(Number(await (await call()).text()), before)
})

test('a background function throws what Netlify shall deliver again', async t => {
  const { call } = await project(
    t,
    `
import os, time
def handler(event, context):
    if event["path"] == "/raise":
        raise RuntimeError("resumable")
    if event["path"] == "/crash":
        os._exit(4)
    if event["path"] == "/hang":
        time.sleep(60)
`,
    { background: true, timeoutSeconds: 1.5 },
  )
  await assert.rejects(call(new Request('http://x/raise')), { message: 'the handler raised an exception' })
  await assert.rejects(call(new Request('http://x/crash')), { message: 'Python ended with status 4' })
  await assert.rejects(call(new Request('http://x/hang')), { message: 'Python gave no answer in time' })
  assert.equal((await call()).status, 204)
})

test('the child sees what is allowed and nothing of the platform', async t => {
  const platform = {
    AWS_ACCESS_KEY_ID: 'role',
    AWS_REGION: 'x',
    NETLIFY_BLOBS_CONTEXT: 'token',
    OTHER: 'other',
  }
  const allowed = { APP_KEY: 'key', APP_EMPTY: '', EXACT: 'yes', EXACT_NOT: 'no' }
  Object.assign(process.env, platform, allowed)
  t.after(() => {
    for (const name of Object.keys({ ...platform, ...allowed })) delete process.env[name]
  })
  const { call } = await project(
    t,
    `
import json, os
def handler(event, context):
    return {"statusCode": 200, "body": json.dumps(dict(os.environ))}
`,
    { environment: ['APP_*', 'EXACT', 'AWS_*', 'NETLIFY_*'] },
  )
  const seen = await (await call()).json()
  for (const name of [
    'HOME',
    'LANG',
    'LC_ALL',
    'LC_CTYPE',
    'PATH',
    'SSL_CERT_DIR',
    'SSL_CERT_FILE',
    'TMPDIR',
    'TZ',
  ]) {
    delete seen[name]
  }
  assert.deepEqual(seen, { APP_KEY: 'key', APP_EMPTY: '', EXACT: 'yes' })
})

test('an idle child neither keeps Node alive nor outlives it', { timeout: 20_000 }, async t => {
  const folder = makeProject(t, HOLDS_A_PIPE)
  const pipe = makePipe(folder)
  const node = runEntry(folder, '/quick')
  const held = createReadStream(pipe)
  const [status] = await once(node, 'exit')
  assert.equal(status, 0)
  // The end of the pipe is the end of the last process that holds it.
  await once(held.resume(), 'end')
})

test('a child in the midst of a request ends when Node is killed', { timeout: 20_000 }, async t => {
  const folder = makeProject(t, HOLDS_A_PIPE)
  const pipe = makePipe(folder)
  const node = runEntry(folder, '/hang')
  const held = createReadStream(pipe)
  await once(held, 'data')
  node.kill('SIGKILL')
  await once(held.resume(), 'end')
})

test('netlify dev says where its settings are, if not above the function', async t => {
  const folder = makeProject(t, 'def handler(event, context):\n    return {"hello": 1}', { place: 'dev' })
  renameSync(path.join(folder, '.netlify'), path.join(folder, 'base'))
  Object.assign(process.env, {
    NETLIFY_DEV: 'true',
    PYTHON_DEV_SETTINGS: path.join(folder, 'base/python/dev/python.json'),
  })
  t.after(() => {
    delete process.env.NETLIFY_DEV
    delete process.env.PYTHON_DEV_SETTINGS
  })
  const { call } = await load(t, folder)
  assert.deepEqual(await (await call(new Request('http://localhost/api/x'))).json(), { hello: 1 })
})

test('under netlify dev each request has its own child, gone before the answer', async t => {
  process.env.NETLIFY_DEV = 'true'
  t.after(() => delete process.env.NETLIFY_DEV)
  const folder = makeProject(
    t,
    `
import os, subprocess, sys
def handler(event, context):
    started = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    return {"statusCode": 200, "body": f"{os.getpid()} {started.pid}"}
`,
    { place: 'dev' },
  )
  const { call } = await load(t, folder)
  const [first, grandchild] = (await (await call(new Request('http://localhost/api/x'))).text())
    .split(' ')
    .map(Number)
  assert.equal(isAlive(Number(first)), false)
  assert.equal(isRunning(Number(grandchild)), false)
  const [second] = (await (await call(new Request('http://localhost/api/x'))).text()).split(' ').map(Number)
  assert.equal(isAlive(Number(second)), false)
  assert.notEqual(first, second)
})

const HOLDS_A_PIPE = `
import os, pathlib, time
def handler(event, context):
    os.write(os.open(pathlib.Path(__file__).with_name("pipe"), os.O_WRONLY), b"here")
    if event["path"] == "/hang":
        time.sleep(60)
    return {"statusCode": 200}
`

/** @param {string} folder */
function makePipe(folder) {
  const pipe = path.join(folder, 'src/pipe')
  execFileSync('mkfifo', [pipe])
  return pipe
}

/**
 * @param {string} folder
 * @param {string} url
 * @param {import('node:child_process').StdioOptions} [stdio]
 */
function runEntry(folder, url, stdio = 'inherit') {
  const script = `
    import { python } from '${folder}/netlify/python/bridge.mjs'
    await python('example.handler', { timeoutSeconds: 60 })(new Request('http://x${url}'), {})`
  return spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio })
}

/**
 * Whether a process runs; one that ended may still wait for its new parent to take note.
 *
 * @param {number} pid
 */
function isRunning(pid) {
  const state = execFileSync('sh', ['-c', `ps -o stat= -p ${pid} || true`], { encoding: 'utf8' }).trim()
  return state !== '' && !state.startsWith('Z')
}
