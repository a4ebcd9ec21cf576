/** What the build plugin finds in a project, and what it says where it cannot go on. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { bundle } from '../../netlify/plugin/bundle.js'
import { environmentOf, findFunctions, writeEntries } from '../../netlify/plugin/functions.js'
import { onPreBuild } from '../../netlify/plugin/index.js'
import { readInputs } from '../../netlify/plugin/inputs.js'
import { findPython, projectPython, runModule } from '../../netlify/plugin/interpreter.js'
import { pageEnvironment } from '../../netlify/plugin/page_environment.js'
import { PYTHON } from './project.mjs'

const HANDLER = 'def handler(event, context): ...\n'
const FOLDER = 'netlify/functions'
/** @type {any} the inputs as manifest.yml leaves them */
const INPUTS = { source: 'src', exclude: [], only: {}, environment: [], problem_members: {} }

/**
 * Makes a folder the current one.
 *
 * @param {import('node:test').TestContext} t
 * @param {Record<string, string>} files
 */
function enter(t, files) {
  const [before, folder] = [process.cwd(), mkdtempSync(path.join(os.tmpdir(), 'plugin-'))]
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true })
    writeFileSync(path.join(folder, name), content)
  }
  process.chdir(folder)
  t.after(() => {
    process.chdir(before)
    rmSync(folder, { recursive: true })
  })
}

/**
 * Lets these be the only programs.
 *
 * @param {import('node:test').TestContext} t
 * @param {Record<string, string>} programs name and shell script
 */
function onlyPrograms(t, programs) {
  const before = process.env.PATH
  process.env.PATH = path.resolve('bin')
  t.after(() => {
    process.env.PATH = before
  })
  mkdirSync('bin')
  for (const [name, script] of Object.entries(programs)) {
    writeFileSync(path.join('bin', name), `#!/bin/sh\n${script}\n`)
    chmodSync(path.join('bin', name), 0o755)
  }
}

/**
 * Sets variables for one test.
 *
 * @param {import('node:test').TestContext} t
 * @param {Record<string, string>} variables
 */
function setVariables(t, variables) {
  const before = { ...process.env }
  Object.assign(process.env, variables)
  t.after(() => {
    for (const name of Object.keys(variables)) {
      if (before[name] === undefined) delete process.env[name]
      else process.env[name] = before[name]
    }
  })
}

/**
 * Builds the current folder, which must fail with a line.
 *
 * @param {RegExp} line
 * @param {string} [functions] their folder
 * @param {object} [given] inputs
 */
async function failsToBuild(line, functions, given = {}) {
  /** @type {string[]} */
  const failures = []
  /** @type {any} */
  const options = {
    inputs: { ...INPUTS, ...given },
    constants: { IS_LOCAL: true, FUNCTIONS_SRC: functions },
    utils: { build: { failBuild: (/** @type {string} */ message) => failures.push(message) } },
  }
  await onPreBuild(options)
  assert.equal(failures.length, 1)
  assert.match(failures[0] ?? '', line)
  assert.doesNotMatch(failures[0] ?? '', /Traceback|\n/)
}

for (const [name, source, found] of /** @type {const} */ ([
  ['hello.py', HANDLER, 'hello'],
  ['hello.py', `async ${HANDLER}`, 'hello'],
  ['hello.py', 'from impl import handler', 'hello'],
  ['hello.py', 'import impl.app as app', 'hello'],
  ['hello.py', `if True:\n  ${HANDLER}`, 'hello'],
  ['hello.py', 'try:\n  from a import app\nexcept ImportError:\n  from b import app', 'hello'],
  ['hello.py', 'with open("x") as f:\n  application = f', 'hello'],
  ['hello.py', 'app: object = 1', 'hello'],
  ['hello.py', 'other = app = 1', 'hello'],
  ['hello.py', 'class handler: ...', 'hello'],
  ['hello.py', `match 1:\n  case 1:\n    ${HANDLER}`, 'hello'],
  ['hello.py', 'match [1]:\n  case [*handler]: pass', 'hello'],
  ['hello.py', `for x in [1]:\n  ${HANDLER}`, 'hello'],
  ['hello.py', `while 1:\n  ${HANDLER}  break`, 'hello'],
  ['hello.py', `try:\n  ${HANDLER}except* OSError: pass`, 'hello'],
  ['hello.py', '(handler := print)', 'hello'],
  ['hello/hello.py', HANDLER, 'hello'],
  ['hello/index.py', HANDLER, 'hello'],
  ['send_mail.py', HANDLER, 'send_mail'],
  ['mail-background.py', HANDLER, 'mail-background'],
  ['mail_background.py', HANDLER, 'mail-background'],
  ['helper.py', 'def other(): ...', undefined],
  ['helper.py', 'def other():\n  handler = 1', undefined],
  ['helper.py', 'x = [handler for handler in ()]', undefined],
  ['_private.py', HANDLER, undefined],
  ['deep/other.py', HANDLER, undefined],
  ['.hello.py', HANDLER, undefined],
  ['._hello.py', '\0\x05\x16\x07', undefined],
  ['.backup/.backup.py', HANDLER, undefined],
  ['.checkpoints/index.py', HANDLER, undefined],
  ['.backup/__init__.py', HANDLER, undefined],
])) {
  test(`${name} with ${JSON.stringify(source.slice(0, 30))} is ${found ?? 'no function'}`, t => {
    enter(t, { [`${FOLDER}/${name}`]: source, [`${FOLDER}/always.py`]: HANDLER })
    const { functions } = findFunctions(FOLDER, PYTHON)
    assert.deepEqual(Object.keys(functions).toSorted(), ['always', ...(found ? [found] : [])].toSorted())
    if (found) assert.equal(functions[found]?.handler, name)
  })
}

test('a package that looks like a function is named, and how to make it one', async t => {
  const file = `${FOLDER}/mail/__init__.py`
  const note = `${file} defines handler and is no function: name it mail/mail.py to make it one`
  enter(t, { [file]: HANDLER, [`${FOLDER}/hello.py`]: HANDLER, [`${FOLDER}/lib/__init__.py`]: 'x = 1' })
  assert.deepEqual(findFunctions(FOLDER, PYTHON).notes, [note])
  rmSync(`${FOLDER}/hello.py`)
  assert.throws(() => findFunctions(FOLDER, PYTHON), { message: note })
})

test('a file that may import its handler with * is told to name it', t => {
  enter(t, { [`${FOLDER}/hello.py`]: HANDLER, [`${FOLDER}/star.py`]: 'from impl import *' })
  assert.deepEqual(findFunctions(FOLDER, PYTHON).notes, [
    `${FOLDER}/star.py is no function: import handler by its name, not with *, to make it one`,
  ])
})

for (const source of [
  'import config',
  'from settings import config\nconfig.update(a=1)',
  'config: dict\nconfig = {"path": "/a"}',
  'config = {"path": "/a"}\nprint(config["path"], config.get("x"))',
  'config = {"path": "/a"}\ndef other():\n  config = 1',
]) {
  test(`${JSON.stringify(source)} leaves config as it is read`, t => {
    enter(t, { [`${FOLDER}/hello.py`]: `${HANDLER}${source}` })
    const { config } = /** @type {any} */ (findFunctions(FOLDER, PYTHON).functions.hello)
    assert.deepEqual(config, source.includes('{') ? { path: '/a' } : {})
  })
}

test('a script wins over a Python file of its name', t => {
  const script = `import { python } from 'netlify-plugin-python-functions/bridge'
export default python("impl.handler", {})`
  enter(t, { [`${FOLDER}/hello.py`]: HANDLER, [`${FOLDER}/hello.mjs`]: script })
  assert.deepEqual(findFunctions(FOLDER, PYTHON).functions, { hello: { handler: 'impl.handler' } })
})

test('an entry says what the file says, in the form that the packager keeps', t => {
  enter(t, {
    '.netlify/python/x': '',
    '.netlify/v1/functions/mine.mjs': 'export default 1',
    [`${FOLDER}/hello.py`]: `${HANDLER}config = {"path": ["/a", "/b/:id"], "timeoutSeconds": 5,
      "rateLimit": {"windowLimit": 1, "windowSize": 60, "aggregateBy": "ip"}, "preferStatic": True}\n`,
    [`${FOLDER}/mail_background.py`]: HANDLER,
    [`${FOLDER}/nightly.py`]: `${HANDLER}config = {"schedule": "@daily"}`,
  })
  writeEntries(findFunctions(FOLDER, PYTHON).functions)
  const read = (/** @type {string} */ name) =>
    readFileSync(`.netlify/v1/functions/${name}.mjs`, 'utf8').split('\n').slice(1)
  const bridge = "import { python } from '../../python/bridge.mjs'"
  assert.deepEqual(read('hello'), [
    bridge,
    'export default python("hello.py", {"timeoutSeconds":5,"background":false,"name":"hello"})',
    'export const config = {"path":["/a","/b/:id"],"rateLimit":{"windowLimit":1,"windowSize":60,"aggregateBy":["ip"]},"preferStatic":true}',
    '',
  ])
  assert.deepEqual(read('mail-background').slice(1, 3), [
    'export default python("mail_background.py", {"timeoutSeconds":840,"background":true,"name":"mail-background"})',
    'export const config = {"background":true}',
  ])
  assert.match(read('nightly')[1] ?? '', /"timeoutSeconds":28,/)
  rmSync(`${FOLDER}/nightly.py`)
  writeEntries(findFunctions(FOLDER, PYTHON).functions)
  assert.deepEqual(readdirSync('.netlify/v1/functions'), ['hello.mjs', 'mail-background.mjs', 'mine.mjs'])
  assert.equal(existsSync('.netlify/python/bridge.mjs'), true)
})

test('variables are for all functions or for one', () => {
  const functions = { a: { handler: 'm.a' }, b: { handler: 'm.b' } }
  assert.deepEqual(environmentOf({ ...INPUTS, environment: ['X_*'] }, functions), { '*': ['X_*'] })
  assert.deepEqual(environmentOf({ ...INPUTS, environment: { '*': ['X_*'], b: ['Y'] } }, functions), {
    '*': ['X_*'],
    'm.b': ['X_*', 'Y'],
  })
  const shared = { ...functions, d: functions.b }
  assert.throws(() => environmentOf({ ...INPUTS, environment: { b: ['Y'] } }, shared), {
    message: /^the functions b and d have one handler, \S+, and so one environment: give each a handler/,
  })
  const alike = environmentOf({ ...INPUTS, environment: { b: ['Y'], d: ['Y'] } }, shared)
  assert.deepEqual(new Set(alike[functions.b.handler]), new Set(['Y']))
  assert.throws(() => environmentOf({ ...INPUTS, environment: { c: ['Y'] } }, functions), {
    message: "the plugin's input environment names c, which is no function in Python",
  })
})

test('a text where a list is meant is a list of one', () => {
  const read = (/** @type {any} */ given) => readInputs({ ...INPUTS, ...given })
  assert.deepEqual(read({}), INPUTS)
  for (const [given, environment] of [
    ['APP_*', ['APP_*']],
    [
      { '*': 'APP_*', api: 'KEY' },
      { '*': ['APP_*'], api: ['KEY'] },
    ],
  ])
    assert.deepEqual(read({ environment: given }), { ...INPUTS, environment })
  assert.deepEqual(read({ exclude: '**/*.md' }), { ...INPUTS, exclude: ['**/*.md'] })
  assert.deepEqual(read({ only: { six: 'api' } }), { ...INPUTS, only: { six: ['api'] } })
})

for (const [given, line] of /** @type {const} */ ([
  [{ environment: 5 }, 'environment is a list of texts, ["…", "…"]'],
  [{ environment: [['KEY']] }, 'environment is a list of texts, ["…", "…"]'],
  [{ environment: { api: { KEY: true } } }, 'environment.api is a list of texts, ["…", "…"]'],
  [{ exclude: { '*': 'x' } }, 'exclude is a list of texts, ["…", "…"]'],
  [{ only: ['six'] }, 'only is a table'],
  [{ only: { six: 1 } }, 'only.six is a list of texts, ["…", "…"]'],
  [{ python: 3.1 }, 'python is a text, in quotes'],
  [{ problem_members: 'x' }, 'problem_members is a table'],
])) {
  test(`inputs ${JSON.stringify(given)} end the build with the form wanted`, async t => {
    enter(t, { [`${FOLDER}/hello.py`]: HANDLER })
    await failsToBuild(
      new RegExp(`^the plugin's input ${line.replaceAll('[', '\\[')}: correct`),
      FOLDER,
      given,
    )
  })
}

test("the page's module learns the site's address in Netlify's own builds alone", t => {
  const site = {
    CONTEXT: 'production',
    DEPLOY_PRIME_URL: 'https://main--a.netlify.app',
    URL: 'https://a.example',
  }
  const given = { ...site, NETLIFY: 'true', X_ONE: '1' }
  Object.assign(process.env, given)
  t.after(() => {
    for (const name of Object.keys(given)) delete process.env[name]
  })
  const publish = { build: { publish: '/repo/public' } }
  const seen = (/** @type {boolean} */ isLocal) => {
    const { PATH, HOME, LANG, LC_ALL, TZ, TMPDIR, SSL_CERT_DIR, SSL_CERT_FILE, ...others } = pageEnvironment(
      { IS_LOCAL: isLocal },
      publish,
      ['X_*'],
    )
    return others
  }
  assert.deepEqual(seen(true), { X_ONE: '1' })
  assert.deepEqual(seen(false), { X_ONE: '1', ...site, PUBLISH_DIR: '/repo/public' })
})

const OLD = 'echo 3.7.16'
for (const [title, files, programs, found] of /** @type {const} */ ([
  ['python3', {}, { python3: 'echo 3.8.18' }, 'python3'],
  [
    'the environment',
    { '.venv/bin/python': '#!/bin/sh\necho 3.14.1\n' },
    { python3: OLD },
    '.venv/bin/python',
  ],
  [
    'python3 where the environment is old',
    { '.venv/bin/python': `#!/bin/sh\n${OLD}\n` },
    { python3: 'echo 3.9.1' },
    'python3',
  ],
  ['python where python3 is old', {}, { python3: OLD, python: 'echo 3.13.0rc1' }, 'python'],
])) {
  test(`the build takes ${title}`, t => {
    enter(t, files)
    if (existsSync('.venv')) chmodSync('.venv/bin/python', 0o755)
    onlyPrograms(t, programs)
    const command = projectPython()
    assert.equal(path.isAbsolute(command) ? path.relative(process.cwd(), command) : command, found)
  })
}

for (const [programs, seen] of /** @type {const} */ ([
  [{}, 'there is none'],
  [{ python3: OLD }, 'python3 is 3.7.16'],
  [{ python3: 'echo 3.6.15', python: 'echo 2.7.18' }, 'python3 is 3.6.15, python is 2.7.18'],
  [{ python3: 'exit 1' }, 'there is none'],
])) {
  test(`a build machine where ${seen} (${Object.keys(programs)}) is told what is wanted`, t => {
    enter(t, {})
    onlyPrograms(t, programs)
    assert.throws(projectPython, {
      message:
        `The build needs Python 3.8 or newer (${seen}): ` +
        'set PYTHON_VERSION = "3.13" in [build.environment] of netlify.toml, or install it',
    })
  })
}

/**
 * Makes the machine's Python, which sees the packages of the person's home, the project's.
 *
 * @param {string} [first] what the shell does before
 */
function machinePython(first = '') {
  const base = execFileSync(PYTHON, ['-c', 'import sys; print(sys._base_executable)'], { encoding: 'utf8' })
  mkdirSync('.venv/bin', { recursive: true })
  writeFileSync('.venv/bin/python', `#!/bin/sh\n${first}\nexec ${base.trim()} "$@"\n`)
  chmodSync('.venv/bin/python', 0o755)
}

/** @param {Record<string, string>} files */
const aProject = files => ({ 'functions/hello.py': HANDLER, 'requirements.txt': '', ...files })

for (const [title, files, environment, first] of /** @type {const} */ ([
  ['PYTHONSAFEPATH', {}, { PYTHONSAFEPATH: '1', PYTHONPATH: '' }, ''],
  ['a sitecustomize that prints', { 'sc/sitecustomize.py': 'print("hello")' }, { PYTHONPATH: 'sc' }, ''],
  ['a module named as one of its own', { 'sc/json.py': '' }, { PYTHONPATH: 'sc' }, ''],
  ['PYTHONHOME', {}, { PYTHONHOME: '/nonexistent' }, ''],
  ['ASCII', {}, { LC_ALL: 'C', PYTHONCOERCECLOCALE: '0', PYTHONUTF8: '0' }, ''],
  ['an interpreter that greets', {}, {}, 'echo hello'],
])) {
  test(`the plugin's scripts run whatever is set: ${title}`, t => {
    enter(t, aProject(files))
    machinePython(first)
    setVariables(t, environment)
    const python = projectPython()
    assert.equal(python, path.resolve('.venv/bin/python'))
    assert.deepEqual(findFunctions('functions', python).functions, {
      hello: { handler: 'hello.py', file: 'functions/hello.py', config: {} },
    })
    assert.match(findPython(INPUTS).python, /python/)
    const hello = { hello: { handler: 'a.b' } }
    assert.throws(() => bundle({ ...INPUTS, source: 'größe' }, hello, 'functions'), {
      message: /^no folder größe/,
    })
  })
}

test('netlify dev does not count the packages of the home', t => {
  enter(t, { 'requirements.txt': 'no-such-d' })
  machinePython()
  const show = 'import sys; print("lib/python%d.%d/site-packages" % sys.version_info[:2])'
  const site = execFileSync('.venv/bin/python', ['-c', show], { encoding: 'utf8' }).trim()
  const about = path.resolve('home/.local', site, 'no_such_d-1.dist-info')
  mkdirSync(about, { recursive: true })
  writeFileSync(path.join(about, 'METADATA'), 'Metadata-Version: 2.1\nName: no-such-d\nVersion: 1\n')
  setVariables(t, { HOME: path.resolve('home') })
  assert.throws(() => findPython(INPUTS), { message: /lacks no-such-d; make a virtual env/ })
})

for (const [title, files, missing] of /** @type {const} */ ([
  ['an included file', { 'requirements.txt': '-r base.txt', 'base.txt': 'no-such-a' }, 'no-such-a'],
  ['a constraint', { 'requirements.txt': '-c base.txt\nno-such-b', 'base.txt': '' }, 'no-such-b'],
  ['hashes', { 'requirements.txt': 'no-such-c==1 \\\n  --hash=sha256:00' }, 'no-such-c'],
])) {
  test(`netlify dev names what the environment lacks: ${title}`, t => {
    enter(t, files)
    assert.throws(() => findPython(INPUTS), { message: new RegExp(`lacks ${missing}; make a virtual env`) })
  })
}

for (const [files, input, differs] of /** @type {const} */ ([
  [{ '.python-version': '3.10\n' }, undefined, '3.10'],
  [{ '.python-version': 'cpython-3.10.4' }, undefined, '3.10'],
  [{ '.python-version': '3.10' }, '3.12', '3.12'],
  [{}, undefined, '3.14'],
])) {
  test(`netlify dev says that functions run ${differs} (${JSON.stringify(files)}, ${input})`, t => {
    enter(t, files)
    const { note } = findPython({ ...INPUTS, python: input })
    const here = /netlify dev runs Python (\S+), the deployed functions (\S+)/.exec(note)
    assert.equal(here?.[2] ?? differs, differs)
  })
}

test('on Windows the build says in one line what to do', async t => {
  enter(t, {})
  const platform = /** @type {PropertyDescriptor} */ (Object.getOwnPropertyDescriptor(process, 'platform'))
  Object.defineProperty(process, 'platform', { ...platform, value: 'win32' })
  t.after(() => Object.defineProperty(process, 'platform', platform))
  await failsToBuild(/Windows: use WSL/)
})

for (const [before, after] of /** @type {const} */ ([
  ['', '.netlify/\n'],
  ['node_modules', 'node_modules\n.netlify/\n'],
  ['x\n.netlify\n', 'x\n.netlify\n'],
  ['/.netlify/\n', '/.netlify/\n'],
  ['.netlify/*\n!.netlify/state.json\n', '.netlify/*\n!.netlify/state.json\n'],
  ['# .netlify\n', '# .netlify\n.netlify/\n'],
  ['!.netlify\n', '!.netlify\n.netlify/\n'],
])) {
  test(`.gitignore ${JSON.stringify(before)} keeps what is built out of git`, async t => {
    enter(t, before ? { '.gitignore': before } : {})
    t.mock.method(console, 'log', () => {})
    await failsToBuild(/^no folder of/, 'none')
    assert.equal(readFileSync('.gitignore', 'utf8'), after)
  })
}

for (const [key, values] of /** @type {const} */ ([
  [
    'rateLimit',
    [
      '60',
      'None',
      '[]',
      '{}',
      '{"windowLimit": "60", "windowSize": 60}',
      '{"windowLimit": 60, "windowSize": 0}',
      '{"windowLimit": True, "windowSize": 60}',
      '{"window_limit": 60, "window_size": 60}',
      '{"windowLimit": 60, "windowSize": 60, "limit": 5}',
      ...['"IP"', '[]', 'None', '["user"]'].map(
        by => `{"windowLimit": 60, "windowSize": 60, "aggregateBy": ${by}}`,
      ),
      '{"windowLimit": 60, "windowSize": 60, "action": "block"}',
      '{"windowLimit": 60, "windowSize": 60, "to": 5}',
    ],
  ],
  ['schedule', ['["@daily"]', '"every day"', '""', 'None', '5']],
  ['preferStatic', ['"true"', '1', 'None']],
  ['timeoutSeconds', ['"30s"', '"30"', '0', '-5', 'True', 'None']],
])) {
  for (const value of values) {
    test(`${key} that is ${value} ends the build with the form wanted`, async t => {
      enter(t, { [`${FOLDER}/hello.py`]: `${HANDLER}config = {"path": "/a", "${key}": ${value}}` })
      await failsToBuild(
        new RegExp(`^netlify/functions/hello\\.py: ${key} in config is (a |True or False)`),
        FOLDER,
      )
    })
  }
}

for (const value of [
  '"schedule": "@daily"',
  '"schedule": "*/5 0 * * MON"',
  '"timeoutSeconds": 0.5',
  '"preferStatic": False',
  '"rateLimit": {"windowLimit": 60, "windowSize": 60}',
  '"rateLimit": {"windowLimit": 1, "windowSize": 9, "aggregateBy": ("ip",), "action": "rewrite", "to": "/slow"}',
]) {
  test(`a config of ${value} is right`, t => {
    enter(t, { [`${FOLDER}/hello.py`]: `${HANDLER}config = {${value}}` })
    assert.deepEqual(Object.keys(findFunctions(FOLDER, PYTHON).functions), ['hello'])
  })
}

const BY_HAND = "import { python } from '../python/bridge.mjs'\n"
for (const [name, source, line] of /** @type {const} */ ([
  ['second.py', 'def handler(event, context):\nreturn', /second\.py:2: expected an indented/],
  ['second.py', "app = 1\nconfig = {'path': str()}", /second\.py:2: config is a dict of literals/],
  ['second.py', 'app = 1\nif 1: config = {}', /second\.py:2: config is assigned once/],
  ['second.py', 'app = 1\nconfig = {}; config = {}', /second\.py:2: config is assigned once/],
  ['second.py', 'app = 1\nconfig = {}; config["rateLimit"] = {}', /py:2: config is assigned once/],
  ['second.py', 'app = 1\nconfig = {}\nconfig["a"]["b"] = 1', /py:3: config is assigned once/],
  ['second.py', 'app = 1\nconfig = {}; config.update(path="/a")', /py:2: config is assigned once/],
  ['second.py', 'app = 1\nconfig = {}; config |= {}', /second\.py:2: config is assigned once/],
  ['second.py', 'app = 1\nconfig = {}; del config', /second\.py:2: config is assigned once/],
  ['second.py', 'app = 1\nconfig = {}; import config', /second\.py:2: config is assigned once/],
  ['second.py', 'app = 1\nfor config in []: pass', /second\.py:2: config is assigned once/],
  ['second.py', "app = 1\nconfig = {'Path': '/'}", /second\.py: config has no Path; it has path,/],
  ['second.py', "app = 1\nconfig = {'background': True}", /name it second-background\.py/],
  ['a b.py', 'app = 1', /a function's name has letters, digits, - and _ only/],
  ['second.mjs', BY_HAND, /does not say python\('package\.module\./],
  ['second.mjs', `${BY_HAND}export default python('old.handler')`, /no folder src: set the plugin's input/],
  ['hello.py', '', /no function in Python in/],
  ['../../.python-version', 'pypy3.10', /^\.python-version says pypy3\.10: functions run CPython, say/],
])) {
  test(`a build with ${name}, ${JSON.stringify(source.slice(-30))}, fails with one line`, async t => {
    enter(t, { [`${FOLDER}/hello.py`]: HANDLER, [`${FOLDER}/${name}`]: source })
    t.mock.method(console, 'log', () => {})
    await failsToBuild(line, FOLDER)
  })
}

for (const [title, line, said] of /** @type {const} */ ([
  ['an exception', 'raise SystemExit(f"no {KEY}")', `failed: no \${APP_KEY}`],
  ['its repr', 'raise SystemExit(repr([KEY, PEM]))', `failed: ['\${APP_KEY}', '\${APP_PEM}']`],
  ['the longer of two', 'raise SystemExit(KEY + "-2")', `failed: \${APP_KEY_2}`],
  ['what is no JSON', 'print("x" * 196, KEY)', `printed something that is no JSON: ${'x'.repeat(196)} \${A`],
  [
    'what is no secret',
    'raise SystemExit("in production on " + os.environ["HOME"])',
    'failed: in production on /root',
  ],
])) {
  test(`the page_config module's words have no values of variables: ${title}`, t => {
    const start = 'import os\nKEY, PEM = os.environ["APP_KEY"], os.environ["APP_PEM"]\n'
    enter(t, { 'src/page.py': `${start}${line}\n` })
    const environment = {
      APP_KEY: 'SKLIVE51',
      APP_KEY_2: 'SKLIVE51-2',
      APP_PEM: '-----\nMII',
      APP_ON: 'in',
      CONTEXT: 'production',
      HOME: '/root',
    }
    assert.throws(() => runModule(PYTHON, 'page', ['src'], environment), {
      message: `python -m page ${said}`,
    })
  })
}
