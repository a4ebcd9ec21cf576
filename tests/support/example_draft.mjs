/** A form as it is handed over to become a job; a test adds the moment. */
export const DRAFT = /** @type {const} */ ({
  key: 'k',
  prompt: 'Wind.',
  aspectRatio: '16:9',
  model: null,
  photosCount: 1,
  ratio: 16 / 9,
  holdMs: 0,
})
