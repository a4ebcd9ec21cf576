/** What the form does: it takes photos, keeps itself, and hands over what becomes a job. It knows no elements. */

import { cropOfStartFrame, EMPTY, obstacles, ratioOf, reduceComposer } from './composer.js'
import { shapeOf } from './crop.js'

/**
 * @typedef {import('./composer.js').Composer} Composer
 * @typedef {import('./composer.js').ComposerEvent} ComposerEvent
 * @typedef {import('./composer.js').Obstacle} Obstacle
 * @typedef {import('./engine.js').FormDraft} FormDraft
 */

/**
 * @typedef {object} Parts
 * @property {{photos: number, photoBytes: number, promptCharacters: number}} limits
 * @property {() => boolean} accessCodeNeeded
 * @property {string} accessCode the one that was entered last
 * @property {Pick<import('./drafts.js').Drafts, 'key' | 'keep' | 'leave' | 'restore'>} drafts
 * @property {(file: File) => ReturnType<typeof import('./photos.js').preparePhoto>} prepare
 * @property {typeof import('./photos.js').partOf} partOf
 * @property {(draft: Promise<FormDraft>) => Promise<boolean>} onGenerate whether the draft was taken;
 *   it is rejected where a photo cannot be read any more
 * @property {(isPart?: boolean) => void} onRestore a draft stands in the form again, or a part of it, and waits for
 *   the person
 * @property {() => void} onSetAside what the form held stays a draft of its own, and comes back when it is empty
 * @property {() => void} onChange
 */

/** @param {Parts} parts */
export function createComposerController({
  limits,
  accessCodeNeeded,
  accessCode,
  drafts,
  prepare,
  partOf,
  onGenerate,
  onRestore,
  onSetAside,
  onChange,
}) {
  /** @type {Composer} */
  let composer = { ...EMPTY, accessCode }
  let nextId = 1
  let isSending = false
  let isHandedOver = false
  let isTried = false
  /** Whether what the form holds is nowhere else: no job has all of it. */
  let isOnlyHere = true
  let isKeeping = false
  let kept = Promise.resolve()
  /** @type {Promise<Obstacle | null>} the press that came last */
  let sent = Promise.resolve(null)
  /** @type {Map<number, Promise<void>>} */
  const preparing = new Map()

  /** @param {ComposerEvent} event */
  function change(event) {
    composer = reduceComposer(composer, event)
    onChange()
    keep()
  }

  /** Keep the form as it stands, once all that happens at once has happened. */
  function keep() {
    if (isKeeping) return
    isKeeping = true
    kept = Promise.resolve().then(() => {
      isKeeping = false
      // What is written while the job takes the draft's place would be a second one.
      if (isHandedOver) return undefined
      const { prompt, chosenRatio, position, model, entries } = composer
      return drafts.keep({ prompt, chosenRatio, position, model, isPressed: isSending, photos: entries })
    })
  }

  /**
   * @param {File[]} files
   * @param {{arePrepared?: boolean}} [how] prepared: they come from an earlier job, and stay as they are
   */
  function addFiles(files, { arePrepared = false } = {}) {
    composer = { ...composer, refused: [] }
    for (const file of files) add({ id: nextId++, file, isPrepared: arePrepared })
  }

  /** @param {{id: number, file: File, isPrepared: boolean}} photo */
  function add({ id, file, isPrepared }) {
    nextId = Math.max(nextId, id + 1)
    change({ type: 'photo-added', id, file, isPrepared, limit: limits.photos })
    if (!composer.entries.some(entry => entry.id === id)) return
    const done = prepare(file).then(result => {
      preparing.delete(id)
      change(
        'photo' in result
          ? { type: 'photo-prepared', id, photo: result.photo }
          : { type: 'photo-refused', id, problem: result.problem },
      )
    })
    preparing.set(id, done)
  }

  /** @returns {Obstacle[]} what the person has to mend; a photo that is being prepared is nothing of that kind */
  function toMend() {
    return obstacles(composer, limits, accessCodeNeeded()).filter(one => one !== 'preparing')
  }

  /** @returns {Promise<Obstacle | null>} the first thing to mend, where it was not sent for that */
  function send() {
    // Set before anything is awaited: a second press finds it set.
    if (!isSending) sent = press()
    return sent
  }

  async function press() {
    isTried = true
    if (toMend().length) return stop()
    isSending = true
    onChange()
    keep()
    await kept
    // One that was added meanwhile is waited for too.
    while (preparing.size) await Promise.all(preparing.values())
    const crop = cropOfStartFrame(composer)
    if (toMend().length || !crop) return stop()
    isHandedOver = true
    const handedOver = composer
    const isTaken = await onGenerate(draftOf(crop))
    isHandedOver = false
    if (!isTaken) return stop()
    isSending = false
    isTried = false
    drafts.leave()
    if (composer === handedOver) {
      change({ type: 'cleared' })
      void restore(({ isPressed }) => !isPressed)
    } else {
      // The job has nothing of what was added since: it stays.
      onChange()
      keep()
    }
    return null
  }

  /** @param {NonNullable<ReturnType<typeof cropOfStartFrame>>} crop */
  async function draftOf({ part, position }) {
    const { entries, prompt, model } = composer
    const ratio = ratioOf(composer)
    const sources = entries.flatMap(({ photo }) => (photo ? [photo.blob] : []))
    const budget = limits.photoBytes / limits.photos
    const sent = await Promise.all(sources.map((blob, index) => partOf(blob, index ? null : part, budget)))
    return {
      key: drafts.key,
      prompt: prompt.trim(),
      aspectRatio: ratio,
      model,
      pictures: {
        photos: sent.map(({ blob }) => blob),
        thumbnail: sent[0]?.thumbnail ?? null,
        sources,
        position,
      },
      ratio: shapeOf(ratio),
    }
  }

  function stop() {
    isSending = false
    onChange()
    keep()
    return toMend()[0] ?? null
  }

  /** @param {(draft: {isPressed: boolean}) => boolean} [isWanted] */
  function restore(isWanted) {
    return drafts.restore(({ prompt, chosenRatio, position = null, model, isPressed, photos, isPart }) => {
      isOnlyHere = true
      change({ type: 'filled', prompt, chosenRatio, position, model })
      for (const photo of photos) add(photo)
      if (isPressed && !isPart) void send()
      else onRestore(isPart)
    }, isWanted)
  }

  return {
    send,

    /** @param {ComposerEvent} event by the person */
    change(event) {
      isOnlyHere = true
      change(event)
    },

    /** @param {File[]} files from the person */
    addFiles(files) {
      isOnlyHere = true
      addFiles(files)
    },

    /** The form as it stands. */
    get composer() {
      return composer
    },

    /** Whether Generate was pressed, and the form is on its way. */
    get isSending() {
      return isSending
    },

    /** @returns {Obstacle[]} what keeps it from being sent; nothing before the first press of Generate */
    get problems() {
      return isTried ? toMend() : []
    },

    /**
     * Begin with what an earlier job had. What was pressed is sent first; what was only begun stays a draft of its own.
     * @param {{prompt: string, aspectRatio: import('./crop.js').AspectRatio, model: string | null,
     *   photos: Blob[], position?: number | null, isCopy: boolean}} job copy: the job itself stays
     */
    async fill({ prompt, aspectRatio, model, photos, position = null, isCopy }) {
      await sent
      await kept
      if (isOnlyHere && drafts.leave()) onSetAside()
      isOnlyHere = !isCopy
      change({ type: 'filled', prompt, chosenRatio: aspectRatio, position, model })
      const files = photos.map((blob, index) => new File([blob], `${index + 1}`, { type: blob.type }))
      addFiles(files, { arePrepared: true })
    },

    /** Take up what an earlier page left in the form; where Generate had been pressed, go on with that. */
    restore: () => restore(),
  }
}

/** @typedef {ReturnType<typeof createComposerController>} ComposerController */
