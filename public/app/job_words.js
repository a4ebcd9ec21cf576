/** The words about jobs, in the page's language. They come with the jobs: the form does without them. */

import english from './job_words/en.js'
import { words } from './words.js'

/** @typedef {typeof english} JobWords */

/** @type {Record<string, () => Promise<{default: JobWords}>>} */
const OTHERS = { de: () => import('./job_words/de.js') }

export const jobWords = (await OTHERS[words.language]?.().catch(() => null))?.default ?? english
