/** The form before Generate: photos, prompt, shape. Pure: a state, the events that change it, what is wrong. */

import { cropOf, startPosition, suggestedRatio } from './crop.js'

/**
 * @typedef {import('./crop.js').AspectRatio} AspectRatio
 * @typedef {import('./crop.js').Shape} Shape
 * @typedef {import('./photos.js').PreparedPhoto} PreparedPhoto
 * @typedef {import('./photos.js').PhotoProblem} PhotoProblem
 */

/**
 * @typedef {object} Entry
 * @property {number} id
 * @property {string} name
 * @property {File} file as the person gave it
 * @property {boolean} isPrepared the file comes from an earlier job, and is sent as it is
 * @property {PreparedPhoto | null} photo null while it is being prepared
 */

/**
 * @typedef {object} Composer
 * @property {Entry[]} entries the first is the start frame
 * @property {{name: string, problem: PhotoProblem}[]} refused photos that could not be taken
 * @property {string} prompt
 * @property {Shape | null} chosenRatio null: as the photo suggests
 * @property {number | null} position of the crop, as `cropOf` takes it; null: where it starts by itself
 * @property {string | null} model null: the site's first
 * @property {string} accessCode
 */

/**
 * @typedef {{type: 'photo-added', id: number, file: File, isPrepared: boolean, limit: number}
 *   | {type: 'photo-prepared', id: number, photo: PreparedPhoto}
 *   | {type: 'photo-refused', id: number, problem: PhotoProblem}
 *   | {type: 'photo-removed', id: number}
 *   | {type: 'photo-moved', id: number, to: number}
 *   | {type: 'crop-moved', position: number}
 *   | {type: 'prompt', text: string}
 *   | {type: 'ratio', ratio: Shape}
 *   | {type: 'model', model: string}
 *   | {type: 'access-code', code: string}
 *   | {type: 'filled', prompt: string, chosenRatio: AspectRatio | null, position: number | null, model: string | null}
 *   | {type: 'cleared'}} ComposerEvent
 */

/**
 * What keeps a form from being sent. Codes, not words.
 * @typedef {'no-photo' | 'preparing' | 'no-prompt' | 'prompt-too-long' | 'no-access-code'} Obstacle
 */

/** @type {Composer} */
export const EMPTY = {
  entries: [],
  refused: [],
  prompt: '',
  chosenRatio: null,
  position: null,
  model: null,
  accessCode: '',
}

/**
 * @param {Composer} composer
 * @param {ComposerEvent} event
 * @returns {Composer}
 */
export function reduceComposer(composer, event) {
  switch (event.type) {
    case 'photo-added': {
      const { id, file, isPrepared, limit } = event
      return composer.entries.length < limit
        ? {
            ...composer,
            entries: [...composer.entries, { id, name: file.name, file, isPrepared, photo: null }],
          }
        : { ...composer, refused: [...composer.refused, { name: file.name, problem: 'too-many' }] }
    }
    case 'photo-prepared':
      return {
        ...composer,
        entries: composer.entries.map(entry =>
          entry.id === event.id
            ? { ...entry, photo: entry.isPrepared ? { ...event.photo, blob: entry.file } : event.photo }
            : entry,
        ),
      }
    case 'photo-refused': {
      const entry = composer.entries.find(({ id }) => id === event.id)
      return {
        ...composer,
        entries: composer.entries.filter(({ id }) => id !== event.id),
        refused: entry
          ? [...composer.refused, { name: entry.name, problem: event.problem }]
          : composer.refused,
      }
    }
    case 'photo-removed':
      return startingWith(
        composer,
        composer.entries.filter(({ id }) => id !== event.id),
      )
    case 'photo-moved': {
      const entries = composer.entries.filter(({ id }) => id !== event.id)
      entries.splice(event.to, 0, ...composer.entries.filter(({ id }) => id === event.id))
      return startingWith(composer, entries)
    }
    case 'crop-moved':
      return { ...composer, position: Math.min(1, Math.max(0, event.position)) }
    case 'prompt':
      return { ...composer, prompt: event.text }
    case 'ratio':
      return { ...composer, chosenRatio: event.ratio, position: null }
    case 'model':
      return { ...composer, model: event.model }
    case 'access-code':
      return { ...composer, accessCode: event.code }
    case 'filled':
      return {
        ...EMPTY,
        accessCode: composer.accessCode,
        prompt: event.prompt,
        // What earlier versions sent uncropped gets the shape that suits it.
        chosenRatio: event.chosenRatio === 'auto' ? null : event.chosenRatio,
        position: event.position,
        model: event.model,
      }
    case 'cleared':
      return { ...EMPTY, accessCode: composer.accessCode, model: composer.model }
  }
}

/**
 * A crop belongs to its photo: another start frame has its own.
 * @param {Composer} composer
 * @param {Entry[]} entries
 * @returns {Composer}
 */
function startingWith(composer, entries) {
  const isSame = entries[0]?.id === composer.entries[0]?.id
  return { ...composer, entries, position: isSame ? composer.position : null }
}

/**
 * The prepared start frame, if there is one.
 * @param {Composer} composer
 */
export function startFrame({ entries }) {
  return entries[0]?.photo ?? null
}

/**
 * @param {Composer} composer
 * @returns {Shape}
 */
export function ratioOf(composer) {
  const photo = startFrame(composer)
  return composer.chosenRatio ?? (photo ? suggestedRatio(photo) : '16:9')
}

/**
 * How the start frame is cropped.
 * @param {Composer} composer
 * @returns {{photo: PreparedPhoto, position: number, part: import('./crop.js').Rect} | null} null without one
 */
export function cropOfStartFrame(composer) {
  const photo = startFrame(composer)
  if (!photo) return null
  const ratio = ratioOf(composer)
  const position = composer.position ?? startPosition(photo, ratio)
  return { photo, position, part: cropOf(photo, ratio, position) }
}

/**
 * The length of a prompt as the site counts it: in characters, not in UTF-16 units.
 * @param {string} prompt
 */
export function promptLength(prompt) {
  return [...prompt.trim()].length
}

/**
 * A text with a ready-made sentence put in, or taken out where it is there already. Of its kind there is one.
 * @param {string} prompt
 * @param {string} sentence
 * @param {string[]} kind all sentences of this kind
 */
export function withSentence(prompt, sentence, kind) {
  const others = kind
    .reduce((text, one) => text.replace(one, ''), prompt)
    .replace(/ {2,}/g, ' ')
    .trim()
  if (prompt.includes(sentence)) return others
  return others ? `${others} ${sentence}` : sentence
}

/**
 * @param {Composer} composer
 * @param {{promptCharacters: number}} limits
 * @param {boolean} accessCodeNeeded
 * @returns {Obstacle[]} in the order of the form
 */
export function obstacles({ entries, prompt, accessCode }, limits, accessCodeNeeded) {
  /** @type {Obstacle[]} */
  const found = []
  if (!entries.length) found.push('no-photo')
  else if (entries.some(({ photo }) => !photo)) found.push('preparing')
  if (!prompt.trim()) found.push('no-prompt')
  else if (promptLength(prompt) > limits.promptCharacters) found.push('prompt-too-long')
  if (accessCodeNeeded && !accessCode.trim()) found.push('no-access-code')
  return found
}
