import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createComposerController } from '../../public/app/composer_controller.js'
import { settle } from '../support/fake_platform.mjs'

/**
 * @typedef {import('../../public/app/drafts.js').Drafts} Drafts
 * @typedef {Parameters<Drafts['keep']>[0]} Content
 * @typedef {Awaited<Parameters<Parameters<typeof createComposerController>[0]['onGenerate']>[0]>} Draft
 */

const LIMITS = { photos: 4, photoBytes: 4_000_000, promptCharacters: 2000 }
const SMALL = new Blob(['small'])
const JOB = /** @type {const} */ ({ prompt: 'Wind.', aspectRatio: '16:9', model: null, isCopy: true })
const PHOTO = { blob: new Blob(['photo']), thumbnail: new Blob(['small']), width: 1600, height: 1200 }

/**
 * A form whose drafts, photos and jobs the test plays.
 * @param {Partial<Parameters<typeof createComposerController>[0]>} [changes]
 */
function form(changes) {
  /** @type {Content[]} */
  const kept = []
  /** @type {Draft[]} */
  const taken = []
  /** @type {{text: string, part: object | null, budget: number}[]} */
  const parts = []
  /** @type {string[]} the texts of the drafts that were left, in order */
  const left = []
  /** @type {unknown[]} what the person was told of a draft */
  const told = []
  const drafts = {
    key: 'a key',
    leave: () => {
      const text = kept.at(-1)?.prompt ?? ''
      left.push(text)
      return text !== ''
    },
    keep: async (/** @type {Content} */ content) => {
      kept.push(content)
    },
    restore: async (
      /** @type {(content: Content) => void} */ _,
      /** @type {(draft: Content) => boolean} */ __ = () => true,
    ) => {},
  }
  const controller = createComposerController({
    limits: LIMITS,
    accessCodeNeeded: () => false,
    accessCode: '',
    drafts,
    prepare: async () => ({ photo: PHOTO }),
    partOf: async (blob, part, budget) => {
      parts.push({ text: await blob.text(), part, budget })
      return { blob: new Blob(['a part']), thumbnail: SMALL }
    },
    onGenerate: async draft => {
      taken.push(await draft)
      return true
    },
    onRestore: isPart => told.push(isPart ? 'a part is back' : 'back'),
    onSetAside: () => told.push('set aside'),
    onChange: () => {},
    ...changes,
  })
  return { controller, kept, taken, parts, drafts, left, told }
}

/** @param {string} name */
const file = name => new File(['bytes'], name, { type: 'image/jpeg' })

/** @param {ReturnType<typeof form>['controller']} controller */
function fillIn(controller) {
  controller.addFiles([file('lake.jpg')])
  controller.change({ type: 'prompt', text: '  Wind.  ' })
}

test('a filled form becomes one draft, and is empty again', async () => {
  const { controller, taken, parts, left } = form()
  fillIn(controller)
  assert.equal(await controller.send(), null)
  const whole = { x: 0, y: 150, width: 1600, height: 900 }
  assert.deepEqual(parts, [{ text: 'photo', part: whole, budget: 1_000_000 }])
  assert.deepEqual(taken, [
    {
      key: 'a key',
      prompt: 'Wind.',
      aspectRatio: '16:9',
      model: null,
      pictures: { photos: [new Blob(['a part'])], thumbnail: SMALL, sources: [PHOTO.blob], position: 0.5 },
      ratio: 16 / 9,
    },
  ])
  assert.deepEqual(left, ['  Wind.  '])
  assert.deepEqual([controller.composer.entries, controller.composer.prompt], [[], ''])
})

test('two presses at once are one', async () => {
  const { controller, taken } = form()
  fillIn(controller)
  await Promise.all([controller.send(), controller.send()])
  assert.equal(taken.length, 1)
})

test('a press that shows a code to be needed keeps the form, double or not', async () => {
  let isNeeded = false
  /** @type {(string | null)[]} the models that were asked for */
  const asked = []
  const { controller, left } = form({
    accessCodeNeeded: () => isNeeded,
    onGenerate: async draft => {
      asked.push((await draft).model)
      isNeeded = true
      return asked.length > 1
    },
  })
  fillIn(controller)
  controller.change({ type: 'model', model: 'B' })
  const first = 'no-access-code'
  assert.deepEqual(await Promise.all([controller.send(), controller.send()]), [first, first])
  const { isSending, composer, problems } = controller
  assert.deepEqual([asked, isSending, composer.entries.length, problems], [['B'], false, 1, [first]])
  controller.change({ type: 'access-code', code: 'secret' })
  assert.deepEqual([await controller.send(), asked, left], [null, ['B', 'B'], ['  Wind.  ']])
})

test('nothing is said to be missing before the first press', async () => {
  const { controller, taken } = form({ accessCodeNeeded: () => true })
  assert.deepEqual(controller.problems, [])
  assert.equal(await controller.send(), 'no-photo')
  assert.deepEqual(controller.problems, ['no-photo', 'no-prompt', 'no-access-code'])
  assert.deepEqual(taken, [])
})

test('a press waits for photos, and goes on by itself', async () => {
  /** @type {(result: {photo: typeof PHOTO}) => void} */
  let finish = () => {}
  const { controller, taken, kept } = form({ prepare: () => new Promise(resolve => (finish = resolve)) })
  fillIn(controller)
  const sent = controller.send()
  await settle()
  assert.equal(controller.isSending, true)
  assert.equal(kept.at(-1)?.isPressed, true)
  assert.deepEqual(taken, [])
  finish({ photo: PHOTO })
  assert.equal(await sent, null)
  assert.equal(taken.length, 1)
})

test('a press whose only photo is refused stops at the photos', async () => {
  /** @type {(result: {problem: 'unreadable'}) => void} */
  let finish = () => {}
  const { controller, taken, kept } = form({ prepare: () => new Promise(resolve => (finish = resolve)) })
  fillIn(controller)
  const sent = controller.send()
  finish({ problem: 'unreadable' })
  assert.equal(await sent, 'no-photo')
  await settle()
  assert.deepEqual(controller.composer.refused, [{ name: 'lake.jpg', problem: 'unreadable' }])
  assert.deepEqual([controller.isSending, kept.at(-1)?.isPressed, taken.length], [false, false, 0])
})

test('a draft that is not taken stays in the form', async () => {
  const { controller, left } = form({ onGenerate: async () => false })
  fillIn(controller)
  assert.equal(await controller.send(), null)
  assert.deepEqual(left, [])
  assert.equal(controller.composer.prompt, '  Wind.  ')
  assert.equal(controller.isSending, false)
})

test('nothing is written while the job takes the draft', async () => {
  /** @type {(isTaken: boolean) => void} */
  let take = () => {}
  const { controller, kept } = form({ onGenerate: () => new Promise(resolve => (take = resolve)) })
  fillIn(controller)
  const sent = controller.send()
  await settle()
  const before = kept.length
  controller.change({ type: 'prompt', text: 'More wind.' })
  await settle()
  assert.equal(kept.length, before)
  take(true)
  await sent
})

test('what happens at once is written once', async () => {
  const { controller, kept } = form()
  fillIn(controller)
  await Promise.resolve()
  assert.equal(kept.length, 1)
  assert.deepEqual(
    [kept[0]?.prompt, kept[0]?.photos.map(({ file }) => file.name)],
    ['  Wind.  ', ['lake.jpg']],
  )
})

test('a draft that was pressed goes on; one that was not waits', async () => {
  for (const isPressed of [true, false]) {
    const { controller, taken, drafts, told } = form()
    const draft = {
      prompt: 'Wind.',
      chosenRatio: /** @type {const} */ ('9:16'),
      model: null,
      isPressed,
      photos: [{ id: 7, file: file('old.jpg'), isPrepared: false }],
    }
    drafts.restore = async (take, isWanted = () => true) => void (isWanted(draft) && take(draft))
    await controller.restore()
    await settle()
    assert.deepEqual([taken.length, told], isPressed ? [1, []] : [0, ['back']])
    assert.equal(taken[0]?.aspectRatio, isPressed ? '9:16' : undefined)
    if (isPressed) continue
    controller.addFiles([file('new.jpg')])
    assert.deepEqual(
      controller.composer.entries.map(({ id }) => id),
      [7, 8],
    )
  }
})

test('a pressed draft that has lost a photo waits, and is told to be a part', async () => {
  const { controller, taken, drafts, told } = form()
  drafts.restore = async take =>
    take({
      prompt: 'Wind.',
      chosenRatio: null,
      model: null,
      isPressed: true,
      photos: [{ id: 7, file: file('old.jpg'), isPrepared: false }],
      isPart: true,
    })
  await controller.restore()
  await settle()
  assert.deepEqual([taken.length, told], [0, ['a part is back']])
})

test('the photos of an earlier job are cropped anew, from where they were', async () => {
  const { controller, taken, parts } = form()
  const photos = [new Blob(['1']), new Blob(['2'])]
  await controller.fill({ ...JOB, photos, position: 0.9 })
  await controller.send()
  const part = { x: 0, y: 270, width: 1600, height: 900 }
  assert.deepEqual(parts, [
    { text: '1', part, budget: 1_000_000 },
    { text: '2', part: null, budget: 1_000_000 },
  ])
  assert.deepEqual([taken[0]?.pictures.position, taken[0]?.pictures.photos.length], [0.9, 2])
})

test('a photo that cannot be read any more is told to who sends', async () => {
  let failures = 0
  const { controller } = form({
    partOf: () => Promise.reject(new Error('gone')),
    onGenerate: draft =>
      draft.then(
        () => true,
        () => {
          failures += 1
          return false
        },
      ),
  })
  fillIn(controller)
  await controller.send()
  assert.deepEqual([failures, controller.isSending, controller.composer.entries.length], [1, false, 1])
})

test('what is added while the job takes the form stays in it', async () => {
  for (const added of ['text', 'photo', 'crop']) {
    /** @type {(isTaken: boolean) => void} */
    let take = () => {}
    const { controller, left, kept } = form({ onGenerate: () => new Promise(resolve => (take = resolve)) })
    fillIn(controller)
    const sent = controller.send()
    await settle()
    if (added === 'text') controller.change({ type: 'prompt', text: 'More wind.' })
    if (added === 'photo') controller.addFiles([file('second.jpg')])
    if (added === 'crop') controller.change({ type: 'crop-moved', position: 0.1 })
    const { entries, prompt, position } = controller.composer
    take(true)
    await sent
    await settle()
    const { composer } = controller
    assert.deepEqual(
      [composer.entries.length, composer.prompt, composer.position],
      [entries.length, prompt, position],
    )
    const { photos, isPressed } = kept.at(-1) ?? {}
    assert.deepEqual([left.length, photos?.length, isPressed], [1, entries.length, false])
  }
})

test('a photo that is added while another is prepared is sent too', async () => {
  /** @type {(() => void)[]} */
  const finish = []
  const { controller, taken } = form({
    prepare: () => new Promise(resolve => finish.push(() => resolve({ photo: PHOTO }))),
  })
  fillIn(controller)
  const sent = controller.send()
  controller.addFiles([file('second.jpg')])
  finish[0]?.()
  await settle()
  assert.equal(taken.length, 0)
  finish[1]?.()
  await sent
  assert.equal(taken[0]?.pictures.photos.length, 2)
})

test('a form that was begun stays a draft when a job is edited', async () => {
  const { controller, left, told } = form()
  controller.change({ type: 'prompt', text: 'Half of it' })
  await controller.fill({ ...JOB, photos: [new Blob(['1'])] })
  assert.deepEqual([left, told, controller.composer.prompt], [['Half of it'], ['set aside'], 'Wind.'])
})

test('what another job has all of is not kept beside it', async () => {
  const { controller, left, told } = form()
  await controller.fill({ ...JOB, photos: [] })
  await controller.fill({ ...JOB, prompt: 'Rain.', photos: [] })
  assert.deepEqual([left.slice(1), told], [[], []])
  controller.change({ type: 'prompt', text: 'Rain and wind.' })
  await controller.fill({ ...JOB, photos: [] })
  assert.deepEqual([left.slice(1), told], [['Rain and wind.'], ['set aside']])
})

test('what was taken back from a job is kept: it is nowhere else', async () => {
  const { controller, left, told } = form()
  await controller.fill({ ...JOB, photos: [], isCopy: false })
  await controller.fill({ ...JOB, prompt: 'Rain.', photos: [] })
  assert.deepEqual([left.slice(1), told], [['Wind.'], ['set aside']])
})

test('a job that is edited waits until what was pressed is sent', async () => {
  /** @type {(result: {photo: typeof PHOTO}) => void} */
  let finish = () => {}
  const { controller, taken, told } = form({ prepare: () => new Promise(resolve => (finish = resolve)) })
  fillIn(controller)
  void controller.send()
  const filled = controller.fill({ ...JOB, prompt: 'Rain.', photos: [] })
  await settle()
  assert.equal(controller.composer.prompt, '  Wind.  ')
  finish({ photo: PHOTO })
  await filled
  assert.deepEqual([taken.map(({ prompt }) => prompt), told], [['Wind.'], []])
  assert.equal(controller.composer.prompt, 'Rain.')
})

test('what was set aside comes back when the form is sent, unless pressed', async () => {
  const { controller, drafts, told, taken } = form()
  const left = ['Half of it', 'Pressed'].map(prompt => ({
    ...{ prompt, chosenRatio: null, model: null, isPressed: prompt === 'Pressed' },
    photos: [{ id: 7, file: file('old.jpg'), isPrepared: false }],
  }))
  drafts.restore = async (take, isWanted = () => true) => left.splice(0).filter(isWanted).forEach(take)
  fillIn(controller)
  await controller.send()
  await settle()
  assert.deepEqual([taken.length, told, controller.composer.prompt], [1, ['back'], 'Half of it'])
})
