/** The form before Generate: photos, prompt, shape. Pure: a state, the events that change it, what is wrong. */

import { suggestedRatio } from './crop.js'

/**
 * @typedef {import('./crop.js').AspectRatio} AspectRatio
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
 * @property {AspectRatio | null} chosenRatio null: as the photo suggests
 * @property {string | null} model null: the site's first
 * @property {string} accessCode
 */

/**
 * @typedef {{type: 'photo-added', id: number, file: File, isPrepared: boolean, limit: number}
 *   | {type: 'photo-prepared', id: number, photo: PreparedPhoto}
 *   | {type: 'photo-refused', id: number, problem: PhotoProblem}
 *   | {type: 'photo-removed', id: number}
 *   | {type: 'start-frame', id: number}
 *   | {type: 'prompt', text: string}
 *   | {type: 'ratio', ratio: AspectRatio}
 *   | {type: 'model', model: string}
 *   | {type: 'access-code', code: string}
 *   | {type: 'filled', prompt: string, chosenRatio: AspectRatio | null, model: string | null}
 *   | {type: 'cleared'}} ComposerEvent
 */

/**
 * What keeps a form from being sent. Codes, not words.
 * @typedef {'no-photo' | 'preparing' | 'photos-too-large' | 'no-prompt' | 'prompt-too-long' | 'no-access-code'} Obstacle
 */

/** @type {Composer} */
export const EMPTY = { entries: [], refused: [], prompt: '', chosenRatio: null, model: null, accessCode: '' }

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
      return { ...composer, entries: composer.entries.filter(({ id }) => id !== event.id) }
    case 'start-frame':
      return {
        ...composer,
        entries: [
          ...composer.entries.filter(({ id }) => id === event.id),
          ...composer.entries.filter(({ id }) => id !== event.id),
        ],
      }
    case 'prompt':
      return { ...composer, prompt: event.text }
    case 'ratio':
      return { ...composer, chosenRatio: event.ratio }
    case 'model':
      return { ...composer, model: event.model }
    case 'access-code':
      return { ...composer, accessCode: event.code }
    case 'filled':
      return {
        ...EMPTY,
        accessCode: composer.accessCode,
        prompt: event.prompt,
        chosenRatio: event.chosenRatio,
        model: event.model,
      }
    case 'cleared':
      return { ...EMPTY, accessCode: composer.accessCode, model: composer.model }
  }
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
 * @returns {AspectRatio}
 */
export function ratioOf(composer) {
  const photo = startFrame(composer)
  return composer.chosenRatio ?? (photo ? suggestedRatio(photo) : '16:9')
}

/**
 * The length of a prompt as the site counts it: in characters, not in UTF-16 units.
 * @param {string} prompt
 */
export function promptLength(prompt) {
  return [...prompt.trim()].length
}

/**
 * @param {Composer} composer
 * @param {{photoBytes: number, promptCharacters: number}} limits
 * @param {boolean} accessCodeNeeded
 * @returns {Obstacle[]} in the order of the form
 */
export function obstacles({ entries, prompt, accessCode }, limits, accessCodeNeeded) {
  /** @type {Obstacle[]} */
  const found = []
  const bytes = entries.reduce((sum, { photo }) => sum + (photo?.blob.size ?? 0), 0)
  if (!entries.length) found.push('no-photo')
  else if (entries.some(({ photo }) => !photo)) found.push('preparing')
  else if (bytes > limits.photoBytes) found.push('photos-too-large')
  if (!prompt.trim()) found.push('no-prompt')
  else if (promptLength(prompt) > limits.promptCharacters) found.push('prompt-too-long')
  if (accessCodeNeeded && !accessCode.trim()) found.push('no-access-code')
  return found
}
