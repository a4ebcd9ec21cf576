/** The form's text and its length; camera moves and ideas that a press puts into it or takes out again. */

import { promptLength, withSentence } from './composer.js'
import { el, setAttribute, setText } from './dom.js'
import { words } from './words.js'

/** From how many characters on they are counted: nearly all texts are shorter, and the number only disturbs. */
const COUNTED_FROM = 1_500

/**
 * @param {{controller: import('./composer_controller.js').ComposerController, limit: number}} parts limit: how
 *   many characters there may be
 */
export function createPromptField({ controller, limit }) {
  const prompt = el('textarea', {
    id: 'prompt',
    dir: 'auto',
    rows: 3,
    placeholder: words.prompt.placeholder,
    'aria-describedby': 'prompt-count prompt-error',
    oninput: () => controller.change({ type: 'prompt', text: prompt.value }),
    onkeydown(/** @type {KeyboardEvent} */ event) {
      if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) prompt.form?.requestSubmit()
    },
  })
  const count = el('p', { class: 'count', id: 'prompt-count' })
  const error = el('p', { class: 'error', id: 'prompt-error' })
  const groups = [words.prompt.moves, words.prompt.ideas].map(({ heading, chips }) => {
    const texts = chips.map(({ text }) => text)
    const buttons = chips.map(({ label, text }) => {
      const chip = el('button', { type: 'button', class: 'chip' }, label)
      // The focus stays here: in the text it would bring up a phone's keyboard.
      chip.addEventListener('click', () =>
        controller.change({ type: 'prompt', text: withSentence(prompt.value, text, texts) }),
      )
      return { chip, text }
    })
    const list = el(
      'ul',
      { class: 'chips', 'aria-label': heading },
      ...buttons.map(({ chip }) => el('li', {}, chip)),
    )
    return {
      buttons,
      element: el('div', { class: 'chip-row' }, el('span', { 'aria-hidden': 'true' }, heading), list),
    }
  })
  const element = el(
    'div',
    { class: 'field' },
    el('label', { for: 'prompt' }, words.prompt.heading),
    prompt,
    count,
    error,
    ...groups.map(group => group.element),
  )

  return {
    element,
    error,
    control: prompt,

    /** @param {import('./composer.js').Composer} composer */
    render({ prompt: text }) {
      // Only where it differs: setting it moves the cursor.
      if (prompt.value !== text) prompt.value = text
      const length = promptLength(text)
      setText(count, length < COUNTED_FROM ? '' : words.prompt.count(length, limit))
      count.classList.toggle('is-over', length > limit)
      for (const { chip, text: sentence } of groups.flatMap(({ buttons }) => buttons))
        setAttribute(chip, 'aria-pressed', String(text.includes(sentence)))
    },
  }
}
