import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stageOf } from '../../public/app/job.js'
import { openJobStore } from '../../public/app/job_store.js'
import { DENIED_LOCKS, draft, FakeBrowser, settle } from '../support/fake_platform.mjs'

const DENIED_DATABASE = { use: async () => Promise.reject(new DOMException('', 'SecurityError')) }
const COMPLETED = { status: 'completed', stage: null, pollAfterMs: null, videoUrl: '/v', downloadUrl: '/d' }
const HELD = draft({ model: 'priced' })
const http = (/** @type {number} */ status) => ({ kind: 'http', status, problem: null, retryAfterMs: null })

/** @param {Awaited<ReturnType<FakeBrowser['openTab']>>} tab */
const stages = ({ engine }) => [...engine.jobs.values()].map(stageOf)

/**
 * Let a site read its starts and answer each when it is told to.
 * @param {FakeBrowser} browser
 */
function holdStarts({ site }) {
  const answers = /** @type {(() => void)[]} */ ([])
  const { startVideo } = site.api
  site.api.startVideo = request =>
    new Promise(resolve => void answers.push(() => resolve(startVideo(request))))
  return answers
}

/** A browser in which a job has just been started. */
async function withJob() {
  const browser = new FakeBrowser()
  const tab = await browser.openTab()
  const key = await tab.engine.submit(draft())
  await browser.clock.advance(0)
  return { browser, tab, key }
}

test('a job is sent once, asked for as the site says, and ends', async () => {
  const { browser, tab, key } = await withJob()
  assert.deepEqual(
    browser.site.starts.map(({ key: sent, code }) => [sent, code]),
    [[key, 'code']],
  )
  await browser.clock.advance(3_600)
  browser.site.state = COMPLETED
  await browser.clock.advance(60_000)
  assert.deepEqual(browser.site.polls, [1_500, 3_500, 5_500])
  assert.deepEqual(stages(tab), ['completed'])
  assert.equal(browser.store.jobs.get(key)?.status?.status, 'completed')
})

test('a retry whose photos the site no longer has is sent again with those kept here', async () => {
  const { browser, tab, key } = await withJob()
  browser.site.state = { status: 'failed', stage: null, pollAfterMs: null }
  await browser.clock.advance(2_000)
  const problem = { code: 'photos_gone', detail: '' }
  browser.site.failures.start = { ...http(410), problem }
  const again = await tab.engine.retry(key, null)
  await browser.clock.advance(0)
  const sent = browser.site.starts.map(({ key: sentWith, body }) => [sentWith, Object.keys(JSON.parse(body))])
  assert.deepEqual(sent, [
    [key, ['prompt', 'photos', 'aspectRatio']],
    [again, ['prompt', 'retryOf', 'ownerToken', 'aspectRatio']],
    [again, ['prompt', 'photos', 'aspectRatio']],
  ])
  // This site has no photos of any job: it is asked once more and no oftener.
  assert.deepEqual(stages(tab), ['failed', 'refused'])
})

test('a job with a price is sent after the time for Undo', async () => {
  const browser = new FakeBrowser()
  const { engine } = await browser.openTab()
  await engine.submit(HELD)
  await browser.clock.advance(2_999)
  assert.equal(browser.site.starts.length, 0)
  await browser.clock.advance(1)
  assert.equal(browser.site.starts.length, 1)
})

for (const [what, code, charged, waits] of /** @type {const} */ ([
  ['a retry is held by the price of its model', 'provider_busy', 'no', [0, 1]],
  ['what is bought already is saved at once', 'save_failed', 'yes', [1, 1]],
]))
  test(what, async () => {
    const { browser, tab, key } = await withJob()
    const failure = { code, charged, retryable: true, detail: '' }
    browser.site.state = { status: 'failed', stage: null, pollAfterMs: null, failure }
    await browser.clock.advance(2_000)
    browser.site.starts.length = 0
    await tab.engine.retry(key, 'priced')
    for (const wait of waits) {
      await browser.clock.advance(1_500)
      assert.equal(browser.site.starts.length, wait)
    }
  })

test('Undo takes the photos back, and nothing is sent', async () => {
  const browser = new FakeBrowser()
  const { engine } = await browser.openTab()
  const other = await browser.openTab({ hidden: true })
  const key = await engine.submit(HELD)
  await settle()
  const taken = await engine.cancel(key)
  await browser.clock.advance(60_000)
  assert.equal(taken?.pictures.photos.length, 1)
  assert.deepEqual([browser.site.starts, stages(other), [...browser.store.jobs]], [[], [], []])
})

for (const [name, next] of /** @type {[string, (browser: FakeBrowser) => FakeBrowser][]} */ ([
  ['the page before', browser => Object.assign(new FakeBrowser(), { store: browser.store })],
  ['another tab', browser => browser],
]))
  test(`what ${name} was sending is canceled at the site`, async () => {
    const browser = new FakeBrowser()
    const answers = holdStarts(browser)
    const { engine } = await browser.openTab()
    const key = await engine.submit(draft())
    await browser.clock.advance(0)
    const later = next(browser)
    const own = later === browser ? answers : holdStarts(later)
    const tab = await later.openTab()
    await later.clock.advance(0)
    assert.equal(tab.engine.isFreeToCancel(key), false)
    assert.equal(await tab.engine.cancel(key), null)
    for (const answer of own) answer()
    await later.clock.advance(0)
    assert.deepEqual(later.site.cancels, [{ jobId: 'J', ownerToken: 'T', erase: false }])
  })

test('two tabs: one sends, one asks, both know', async () => {
  const browser = new FakeBrowser()
  const first = await browser.openTab({ hidden: true })
  const second = await browser.openTab()
  await second.engine.submit(draft())
  await browser.clock.advance(4_000)
  assert.deepEqual([browser.site.starts.length, browser.site.polls.length], [1, 2])
  assert.deepEqual([stages(first), stages(second)], [['rendering'], ['rendering']])
})

test('the tab that is looked at last asks for both', async () => {
  const browser = new FakeBrowser()
  const first = await browser.openTab()
  const second = await browser.openTab()
  await second.engine.submit(draft())
  await browser.clock.advance(0)
  second.presence.hide(true)
  first.presence.hide(false)
  await browser.clock.advance(10_000)
  // The hidden one would have asked once in 20 s.
  assert.ok(browser.site.polls.length >= 4, String(browser.site.polls))
  assert.deepEqual(stages(second), ['rendering'])
})

for (const [name, change] of /** @type {[string, (browser: FakeBrowser) => void][]} */ ([
  ['locks are denied', browser => (browser.locks = DENIED_LOCKS)],
  [
    'locks throw',
    browser => {
      browser.locks = {
        request() {
          throw new DOMException('', 'SecurityError')
        },
      }
    },
  ],
  ['locks are missing', browser => (browser.locks = null)],
  ['the channel is denied', browser => (browser.hasChannel = false)],
  ['the store is denied', browser => (browser.store.api = openJobStore(DENIED_DATABASE))],
]))
  test(`one POST, and the video comes, where ${name}`, async () => {
    const browser = new FakeBrowser()
    change(browser)
    const tab = await browser.openTab()
    await tab.engine.submit(draft())
    await browser.clock.advance(2_000)
    browser.site.state = COMPLETED
    await browser.clock.advance(10_000)
    assert.equal(browser.site.starts.length, 1)
    assert.deepEqual(stages(tab), ['completed'])
  })

for (const [name, trouble] of /** @type {[string, (browser: FakeBrowser) => void][]} */ ([
  ['cut', browser => (browser.store.trouble = new DOMException('', 'InvalidStateError'))],
  ['full', browser => (browser.store.trouble = new DOMException('', 'QuotaExceededError'))],
  ['silent', browser => (browser.store.trouble = new Error('the database does not answer'))],
  ['cleared', browser => browser.store.jobs.clear()],
]))
  test(`a store that is ${name} while a job runs does not stop it`, async () => {
    const { browser, tab, key } = await withJob()
    trouble(browser)
    await browser.clock.advance(4_000)
    assert.deepEqual(stages(tab), ['rendering'])
    assert.equal(tab.unkept.length, 1, 'it is told')
    browser.site.state = COMPLETED
    await browser.clock.advance(4_000)
    assert.deepEqual(stages(tab), ['completed'])
    assert.equal(tab.engine.jobs.get(key)?.ownerToken, 'T')
  })

test('a store that comes back gets what it missed', async () => {
  const { browser, key } = await withJob()
  browser.store.trouble = new Error('cut')
  await browser.clock.advance(2_000)
  browser.store.trouble = null
  browser.site.state = COMPLETED
  await browser.clock.advance(4_000)
  assert.equal(browser.store.jobs.get(key)?.status?.status, 'completed')
})

test('a store that is cut before a job is sent: its photos are sent all the same', async () => {
  const browser = new FakeBrowser()
  const tab = await browser.openTab()
  await tab.engine.submit(HELD)
  browser.store.trouble = new Error('cut')
  await browser.clock.advance(4_000)
  assert.deepEqual(
    browser.site.starts.map(({ body }) => JSON.parse(body).photos.length),
    [1],
  )
})

test('a job that only this tab knows is asked for by it, whoever leads', async () => {
  const browser = new FakeBrowser()
  const first = await browser.openTab()
  first.engine.watch('J')
  await browser.openTab()
  browser.site.polls.length = 0
  await browser.clock.advance(5_000)
  assert.ok(browser.site.polls.length >= 2, String(browser.site.polls))
})

for (const hours of [1, -1, 48, -48])
  test(`a clock set ${hours} h off while a job runs changes no question`, async () => {
    const { browser } = await withJob()
    await browser.clock.advance(2_000)
    browser.clock.offset = hours * 3_600_000
    await browser.clock.advance(8_000)
    assert.deepEqual(browser.site.polls, [1_500, 3_500, 5_500, 7_500, 9_500])
  })

test('a clock set back since the last page makes the wait to send no longer than a minute', async () => {
  const { browser, key } = await withJob()
  const job = browser.store.jobs.get(key)
  assert.ok(job)
  const later = new FakeBrowser()
  later.store.photos.set(key, draft().pictures)
  const sendAt = later.clock.now() + 86_400_000
  later.store.jobs.set(key, { ...job, phase: 'sending', jobId: null, status: null, sendAt })
  await later.openTab()
  await later.clock.advance(60_000)
  assert.equal(later.site.starts.length, 1)
})

test('a cancel is repeated a few times, then the job is followed', async () => {
  const { browser, tab, key } = await withJob()
  browser.site.failures.cancel = { kind: 'network' }
  void tab.engine.cancel(key)
  await browser.clock.advance(600_000)
  assert.equal(browser.site.cancels.length, 4)
  assert.equal(tab.engine.jobs.get(key)?.cancelWanted, false)
  assert.ok((browser.site.polls.at(-1) ?? 0) > 500_000, 'it is still asked for')
})

test('a cancel that the site refuses is not repeated', async () => {
  const { browser, tab, key } = await withJob()
  browser.site.failures.cancel = http(409)
  await tab.engine.cancel(key)
  assert.equal(browser.site.cancels.length, 1)
})

test('a browser that is wrongly offline sends a job and asks for it', async () => {
  const browser = new FakeBrowser()
  const tab = await browser.openTab()
  tab.presence.network(false)
  await tab.engine.submit(draft())
  await browser.clock.advance(4_000)
  assert.deepEqual([browser.site.starts.length, browser.site.polls], [1, [1_500, 3_500]])
  assert.equal(tab.engine.isOnline(), true)
  tab.presence.network(false)
  assert.equal(tab.engine.isOnline(), false)
  browser.site.state = COMPLETED
  await browser.clock.advance(30_000)
  assert.deepEqual([stages(tab), browser.site.polls.length, tab.engine.isOnline()], [['completed'], 3, true])
})

test('an answer that comes just after the network went is no network', async () => {
  const { browser, tab } = await withJob()
  tab.presence.network(false)
  await browser.clock.advance(30_000)
  assert.equal(tab.engine.isOnline(), true)
  browser.site.failures.status = { kind: 'network' }
  await browser.clock.advance(4_000)
  assert.equal(tab.engine.isOnline(), false)
})

test('a job that is watched by its link is asked for at once offline', async () => {
  const browser = new FakeBrowser()
  const tab = await browser.openTab()
  tab.presence.network(false)
  tab.engine.watch('J')
  await browser.clock.advance(0)
  assert.deepEqual([browser.site.polls, stages(tab)], [[0], ['rendering']])
})

test('offline a start is tried every 30 s, and at once when online', async () => {
  const browser = new FakeBrowser()
  const tab = await browser.openTab()
  tab.presence.network(false)
  browser.site.failures.start = { kind: 'network' }
  const key = await tab.engine.submit(draft())
  await browser.clock.advance(100_000)
  assert.equal(browser.site.starts.length, 4)
  browser.site.failures.start = null
  tab.presence.network(true)
  await settle()
  assert.deepEqual(
    browser.site.starts.map(({ key: sent }) => sent),
    Array(5).fill(key),
  )
  assert.equal(tab.engine.jobs.get(key)?.phase, 'started')
})

test('a network that comes back does not end the time for Undo', async () => {
  const browser = new FakeBrowser()
  const { engine, presence } = await browser.openTab()
  presence.network(false)
  await engine.submit(HELD)
  await browser.clock.advance(1_000)
  presence.network(true)
  await browser.clock.advance(1_999)
  assert.equal(browser.site.starts.length, 0)
  await browser.clock.advance(1)
  assert.equal(browser.site.starts.length, 1)
})

test('a cancel waits for the network, however long', async () => {
  const { browser, tab, key } = await withJob()
  Object.assign(browser.site.failures, { cancel: { kind: 'network' }, status: { kind: 'network' } })
  tab.presence.network(false)
  void tab.engine.cancel(key)
  await browser.clock.advance(599_000)
  assert.equal(browser.site.cancels.length, 20)
  browser.site.failures.cancel = null
  tab.presence.network(true)
  await settle()
  assert.deepEqual([browser.site.cancels.length, stages(tab)], [21, ['canceled']])
})

test('a link is renewed by one question, and a failing site gets no storm', async () => {
  const { browser, tab, key } = await withJob()
  browser.site.state = COMPLETED
  await browser.clock.advance(4_000)
  browser.site.polls.length = 0
  browser.site.failures.status = http(500)
  for (let second = 0; second < 60; second += 1) {
    tab.engine.renew(key)
    await browser.clock.advance(1_000)
  }
  assert.ok(browser.site.polls.length <= 7, String(browser.site.polls))
})

test('who asks while a question is on its way gets its answer', async () => {
  const { browser, tab, key } = await withJob()
  browser.site.state = COMPLETED
  await Promise.all([
    tab.engine.refresh(key),
    tab.engine.refresh(key).then(() => assert.deepEqual(stages(tab), ['completed'])),
  ])
  assert.equal(browser.site.polls.length, 1)
})

test('what another tab removes is gone here, and asked for no more', async () => {
  const { browser, tab, key } = await withJob()
  const other = await browser.openTab({ hidden: true })
  assert.equal(await other.engine.remove(key), true)
  await settle()
  browser.site.polls.length = 0
  await browser.clock.advance(60_000)
  assert.deepEqual([stages(tab), browser.site.polls], [[], []])
})

test('a removal that the store refuses is told', async () => {
  const { browser, tab, key } = await withJob()
  browser.store.trouble = new Error('cut')
  assert.equal(await tab.engine.remove(key), false)
})

/**
 * Erase a job everywhere, as the site, or what stands between, answers.
 * @param {{failure?: object, state?: object}} answer
 */
async function erased({ failure, state = {} }) {
  const { browser, tab, key } = await withJob()
  const job = tab.engine.jobs.get(key)
  assert.ok(job)
  Object.assign(browser.site.failures, { cancel: failure })
  Object.assign(browser.site.state, state)
  return { isErased: await tab.engine.erase(job), isKept: browser.store.jobs.get(key)?.ownerToken === 'T' }
}

for (const [name, answer] of Object.entries({
  'says so': { state: { deletedAt: '2026-11-20T10:01:00Z' } },
  'does not know it': { failure: { ...http(404), problem: { code: 'job_not_found' } } },
}))
  test(`a job is erased everywhere where the site ${name}`, async () => {
    assert.deepEqual(await erased(answer), { isErased: true, isKept: false })
  })

for (const [name, answer] of Object.entries({
  'a 404 of a deploy without its functions': { failure: http(404) },
  'a 410 that is not the site’s own': { failure: http(410) },
  'another’s job': { failure: { ...http(403), problem: { code: 'owner_token' } } },
  'a success that erased nothing': { state: { deletedAt: null } },
  'a success that says nothing of it': { state: { deletedAt: undefined } },
  'no network': { failure: { kind: 'network' } },
}))
  test(`nothing is erased here after ${name}`, async () => {
    assert.deepEqual(await erased(answer), { isErased: false, isKept: true })
  })

test('the site erases what another tab has removed meanwhile', async () => {
  const { browser, tab, key } = await withJob()
  const job = tab.engine.jobs.get(key)
  assert.ok(job)
  await (await browser.openTab({ hidden: true })).engine.remove(key)
  await settle()
  browser.site.state = { ...COMPLETED, deletedAt: '2026-11-20T10:01:00Z' }
  assert.equal(await tab.engine.erase(job), true)
  assert.deepEqual(browser.site.cancels, [{ jobId: 'J', ownerToken: 'T', erase: true }])
})

test('a job that the store never took keeps its photos as long as the tab, and can be removed', async () => {
  const browser = new FakeBrowser()
  const { engine } = await browser.openTab({ store: openJobStore(DENIED_DATABASE) })
  const key = await engine.submit(draft())
  await browser.clock.advance(2_000)
  assert.equal((await engine.pictures(key)).photos.length, 1)
  assert.deepEqual([await engine.remove(key), engine.jobs.size], [true, 0])
})

for (const [name, isDenied] of /** @type {[string, boolean][]} */ ([
  ['took', false],
  ['did not take', true],
]))
  test(`a job that the store ${name} and that is erased elsewhere leaves no photos here`, async () => {
    const browser = new FakeBrowser()
    const store = isDenied ? openJobStore(DENIED_DATABASE) : browser.store.api
    const tab = await browser.openTab({ store })
    const key = await tab.engine.submit(draft())
    browser.site.state = { ...COMPLETED, deletedAt: '2026-11-20T10:01:00Z' }
    await browser.clock.advance(4_000)
    assert.deepEqual([stages(tab), (await tab.engine.pictures(key)).photos], [['erased'], []])
  })
