import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadConfig } from '../../public/app/config.js'
import { isOfferNew } from '../../public/app/offer.js'

const OFFER = {
  simulated: false,
  paused: '',
  accessCodeNeeded: false,
  models: [
    { id: 'A', price: 0.8 },
    { id: 'B', price: 2.4 },
  ],
}

/** @param {object | null} found what config.json holds; null: it cannot be read */
function site(found) {
  globalThis.fetch = async () => (found ? Response.json(found) : Promise.reject(new TypeError()))
}

/** @param {object | null} found */
async function page(found) {
  site(found)
  return loadConfig()
}

for (const [what, model, change] of /** @type {[string, string | null, object][]} */ ([
  ['the price', 'B', { models: [OFFER.models[0], { id: 'B', price: 3 }] }],
  ['the price of the default', null, { models: [{ id: 'A', price: 3 }] }],
  ['the default', null, { models: [{ id: 'B', price: 0.8 }] }],
  ['whether the model is offered', 'B', { models: [OFFER.models[0]] }],
  ['whether a code is needed', 'A', { accessCodeNeeded: true }],
  ['what the operator says', 'A', { paused: 'Back on Monday.' }],
  ['whether videos are real', 'A', { simulated: true }],
]))
  test(`${what} is new once, and taken over`, async () => {
    const config = await page(OFFER)
    site({ ...OFFER, ...change })
    // Two presses at once were both made on what the page showed.
    assert.deepEqual(await Promise.all([isOfferNew(config, model), isOfferNew(config, model)]), [true, true])
    assert.deepEqual(config, await loadConfig())
    assert.equal(await isOfferNew(config, model), false)
  })

for (const [what, found] of /** @type {[string, object | null][]} */ ([
  ['the same offer', { ...OFFER }],
  ['another price of another model', { ...OFFER, models: [OFFER.models[0], { id: 'B', price: 3 }] }],
  ['what the page does not show', { ...OFFER, keepDays: 7 }],
  ['settings that cannot be read', null],
]))
  test(`${what} stops no press`, async () => {
    const config = await page(OFFER)
    site(found)
    assert.equal(await isOfferNew(config, 'A'), false)
    assert.deepEqual(config.models, found ? /** @type {any} */ (found).models : OFFER.models)
  })

test('what can be read only now is new to the page', async () => {
  const config = await page(null)
  site(OFFER)
  assert.equal(await isOfferNew(config, null), true)
  assert.deepEqual(config.models, OFFER.models)
  assert.deepEqual((await page(null)).models, [])
})
