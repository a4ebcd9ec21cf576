/** A debugger attached to a function of `netlify dev`, by the protocol that editors speak. */
import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import path from 'node:path'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { load, makeProject } from './project.mjs'

const SOURCE = `
def handler(event, context):
    secret = 6 * 7
    return {"secret": secret}
`

/** A client of https://microsoft.github.io/debug-adapter-protocol/overview */
class Debugger {
  #sequence = 0
  #data = Buffer.alloc(0)
  /** @type {any[]} */
  #messages = []
  #socket

  /** @param {number} port */
  constructor(port) {
    this.#socket = connect(port, '127.0.0.1')
    this.#socket.on('data', data => this.#take(data))
  }

  /** @param {Buffer} data */
  #take(data) {
    this.#data = Buffer.concat([this.#data, data])
    for (;;) {
      const head = /^Content-Length: (\d+)\r\n\r\n/.exec(this.#data.toString('latin1'))
      if (!head) return
      const end = head[0].length + Number(head[1])
      if (this.#data.length < end) return
      this.#messages.push(JSON.parse(this.#data.toString('utf8', head[0].length, end)))
      this.#data = this.#data.subarray(end)
      this.#socket.emit('message')
    }
  }

  /**
   * @param {string} command
   * @param {object} given
   */
  send(command, given = {}) {
    this.#sequence += 1
    const text = JSON.stringify({ seq: this.#sequence, type: 'request', command, arguments: given })
    this.#socket.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`)
  }

  /**
   * Waits for an event, or the answer to a command.
   *
   * @param {string} name
   * @returns {Promise<any>}
   */
  async got(name) {
    for (;;) {
      const found = this.#messages.findIndex(
        message => message.event === name || (message.type === 'response' && message.command === name),
      )
      if (found >= 0) return this.#messages.splice(found, 1)[0].body
      await once(this.#socket, 'message')
    }
  }

  end() {
    this.#socket.destroy()
  }
}

/** Returns a port below those that the system gives to whoever asks for any, so that it stays free. */
async function freePort() {
  for (;;) {
    const port = randomInt(10_000, 32_768)
    const server = createServer().listen(port, '127.0.0.1')
    const isFree = await once(server, 'listening').catch(() => null)
    server.close()
    if (isFree) return port
  }
}

test('DEBUGPY_PORT makes a request wait for a debugger, past its deadline', { timeout: 60_000 }, async t => {
  const port = await freePort()
  Object.assign(process.env, { NETLIFY_DEV: 'true', DEBUGPY_PORT: String(port) })
  t.after(() => {
    for (const name of ['NETLIFY_DEV', 'DEBUGPY_PORT']) delete process.env[name]
  })
  const folder = makeProject(t, SOURCE, { place: 'dev' })
  const { call, lines } = await load(t, folder, { timeoutSeconds: 0.5 })
  const answer = call(new Request('http://localhost/'))
  while (!lines.some(({ text }) => text === `waiting for a debugger on 127.0.0.1:${port}`))
    await setTimeout(10, null, { signal: t.signal })
  const editor = new Debugger(port)
  t.after(() => editor.end())
  editor.send('initialize', { adapterID: 'test' })
  editor.send('attach', { justMyCode: false })
  await editor.got('initialized')
  const source = { path: path.join(folder, 'src/example.py') }
  editor.send('setBreakpoints', { source, breakpoints: [{ line: 4 }] })
  editor.send('configurationDone')
  const { threadId } = await editor.got('stopped')
  editor.send('stackTrace', { threadId })
  const [frame] = (await editor.got('stackTrace')).stackFrames
  editor.send('evaluate', { expression: 'secret', frameId: frame.id })
  assert.deepEqual([frame.line, (await editor.got('evaluate')).result], [4, '42'])
  editor.send('continue', { threadId })
  assert.deepEqual(await (await answer).json(), { secret: 42 })
})

test('a deployed function never waits for a debugger', async t => {
  process.env.DEBUGPY_PORT = '1'
  t.after(() => delete process.env.DEBUGPY_PORT)
  const { call } = await load(t, makeProject(t, SOURCE))
  assert.deepEqual(await (await call()).json(), { secret: 42 })
})
