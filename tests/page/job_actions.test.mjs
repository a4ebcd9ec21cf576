import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newJob, reduceJob } from '../../public/app/job.js'
import { createJobActions } from '../../public/app/job_actions.js'
import { DRAFT } from '../support/example_draft.mjs'

const URL_OF_VIDEO = 'https://store.example/v.mp4'
const READY = {
  status: 'completed',
  stage: null,
  failure: null,
  deletedAt: null,
  videoUrl: URL_OF_VIDEO,
  downloadUrl: URL_OF_VIDEO,
}

/**
 * Press a button that downloads, on a site that gives this answer and a device that cannot read the video.
 * @param {any} event as the engine reports an answer
 * @param {'download' | 'save' | 'saveToDevice'} button in the history, of the job, or of a phone
 * @returns {Promise<{hash: string, opened: string[], said: string[]}>}
 */
async function pressed(event, button) {
  const place = { hash: '', opened: /** @type {string[]} */ ([]), said: /** @type {string[]} */ ([]) }
  const known = reduceJob(
    { ...newJob({ ...DRAFT, at: 0 }), phase: 'started', jobId: 'j', ownerToken: 't' },
    { type: 'status-answered', status: /** @type {any} */ (READY), at: 0, serverAt: null },
  )
  const location = {
    assign: (/** @type {string} */ url) => place.opened.push(url),
    set hash(/** @type {string} */ hash) {
      place.hash = hash
    },
  }
  const jobs = new Map([['k', known]])
  Object.assign(globalThis, { location, fetch: async () => Promise.reject(new TypeError()) })
  const page = {
    engine: { jobs, refresh: async () => jobs.set('k', reduceJob(known, event)) },
    layout: { say: (/** @type {string} */ text) => place.said.push(text) },
    jobView: { saveToDevice: {} },
  }
  const actions = createJobActions(/** @type {any} */ (page))
  await (button === 'save' ? actions.act(button, known) : actions[button](known))
  return place
}

const failed = (/** @type {object} */ failure) => ({ type: 'status-failed', failure, at: 1 })
const http = (/** @type {number} */ status, /** @type {object | null} */ problem = null) =>
  failed({ kind: 'http', status, problem, retryAfterMs: null })
const answered = (/** @type {object} */ status) => ({
  type: 'status-answered',
  status: { ...READY, ...status },
  at: 1,
  serverAt: null,
})

for (const button of /** @type {const} */ (['download', 'save', 'saveToDevice'])) {
  test(`${button} opens the link that the site has just given`, async () => {
    const link = 'https://store.example/new.mp4'
    const event = answered({ downloadUrl: link })
    assert.deepEqual(await pressed(event, button), { hash: '', opened: [link], said: [] })
  })

  for (const [what, event] of Object.entries({
    'a store that was emptied': http(404, { code: 'job_not_found' }),
    'a video that was erased elsewhere': answered({
      status: 'canceled',
      deletedAt: 'now',
      downloadUrl: null,
    }),
  }))
    test(`${button} stays on the page after ${what}`, async () => {
      assert.deepEqual(await pressed(event, button), { hash: '#j', opened: [], said: [] })
    })

  for (const [what, event] of Object.entries({
    'a lost network': failed({ kind: 'network' }),
    'a site that is down': http(503),
    'a deploy without its functions': http(404),
  }))
    test(`${button} opens no old link after ${what}`, async () => {
      const said = ['The site could not be reached.']
      assert.deepEqual(await pressed(event, button), { hash: '', opened: [], said })
    })
}

/**
 * Press a button of a job of model A on a site that offers these.
 * @param {import('../../public/app/job.js').Action} action
 * @param {{times?: number, models?: {id: string, price: number | null}[], jobs?: string[],
 *   isStopped?: (model: string | null) => Promise<boolean>}} [how]
 * @returns {Promise<any[]>} what the engine is asked for
 */
async function asked(
  action,
  { times = 1, models = [{ id: 'A', price: null }], jobs = ['k'], isStopped = async () => false } = {},
) {
  const said = /** @type {any[]} */ ([])
  Object.assign(globalThis, { location: { hash: '' } })
  const page = {
    config: { models },
    isStopped,
    engine: {
      pictures: async () => ({ photos: [new Blob()], thumbnail: null }),
      submit: async (/** @type {any} */ { model }) => said.push(model),
      retry: async (/** @type {string} */ _key, /** @type {any} */ model) => said.push(model),
    },
  }
  const { act } = createJobActions(/** @type {any} */ (page))
  const made = jobs.map(key => newJob({ ...DRAFT, key, model: 'A', at: 0 }))
  for (let round = 0; round < 2; round += 1)
    await Promise.all(made.flatMap(job => Array.from({ length: times }, () => act(action, job))))
  return said
}

const OTHERS = [
  { id: 'B', price: 0.4 },
  { id: 'C', price: null },
]

test('a model that is offered no more gives way to the default', async () => {
  for (const action of /** @type {const} */ (['another', 'retry']))
    assert.deepEqual(await asked(action, { models: OTHERS }), [null, null], action)
})

test('what is offered, or cannot be known, is asked for as it was', async () => {
  for (const action of /** @type {const} */ (['another', 'retry']))
    for (const models of [[...OTHERS, { id: 'A', price: null }], []])
      assert.deepEqual(await asked(action, { models }), ['A', 'A'], action)
})

test('a press on an offer that is no more starts nothing, the next one does', async () => {
  for (const action of /** @type {const} */ (['another', 'retry'])) {
    const models = /** @type {(string | null)[]} */ ([])
    const isStopped = async (/** @type {string | null} */ model) => models.push(model) === 1
    assert.deepEqual(await asked(action, { times: 2, isStopped }), ['A'], action)
    assert.deepEqual(models, ['A', 'A'])
  }
})

test('a video that was bought is saved, whatever another would cost now', async () => {
  assert.deepEqual(await asked('rescue', { isStopped: async () => true }), ['A', 'A'])
})

test('a video that was bought is saved under its own model, offered or not', async () => {
  assert.deepEqual(await asked('rescue', { models: OTHERS }), ['A', 'A'])
})

for (const action of /** @type {const} */ (['another', 'retry', 'rescue'])) {
  test(`a double press of ${action} starts one video, a later one another`, async () => {
    assert.deepEqual(await asked(action, { times: 2 }), ['A', 'A'])
  })

  test(`${action} of two jobs at once starts one each`, async () => {
    assert.deepEqual(await asked(action, { jobs: ['k', 'l'] }), ['A', 'A', 'A', 'A'])
  })
}
