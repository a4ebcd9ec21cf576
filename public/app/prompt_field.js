/** The form's text, its length, and examples to begin with. */

import { promptLength } from './composer.js'
import { el, setText } from './dom.js'
import { words } from './words.js'

/**
 * @param {{controller: import('./composer_controller.js').ComposerController, limit: number}} parts limit: how
 *   many characters there may be
 */
export function createPromptField({ controller, limit }) {
  const prompt = el('textarea', {
    id: 'prompt',
    rows: 4,
    placeholder: words.prompt.placeholder,
    'aria-describedby': 'prompt-count prompt-error',
    oninput: () => controller.change({ type: 'prompt', text: prompt.value }),
  })
  const count = el('p', { class: 'count', id: 'prompt-count' })
  const error = el('p', { class: 'error', id: 'prompt-error' })
  const chips = el(
    'ul',
    { class: 'chips', 'aria-label': words.prompt.examples },
    ...words.prompt.chips.map(({ label, text }) =>
      el('li', {}, el('button', { type: 'button', class: 'chip', onclick: () => insert(text) }, label)),
    ),
  )
  const element = el(
    'div',
    { class: 'field' },
    el('label', { for: 'prompt' }, words.prompt.heading),
    prompt,
    count,
    error,
    chips,
  )

  /**
   * Put an example into the text: alone, or behind what the person has written.
   * @param {string} text
   */
  function insert(text) {
    const written = prompt.value.trim()
    const isExample = words.prompt.chips.some(chip => chip.text === written)
    controller.change({ type: 'prompt', text: written && !isExample ? `${written} ${text}` : text })
    prompt.focus()
    prompt.setSelectionRange(prompt.value.length, prompt.value.length)
  }

  return {
    element,
    error,
    control: prompt,

    /** @param {import('./composer.js').Composer} composer */
    render({ prompt: text }) {
      // Only where it differs: setting it moves the cursor.
      if (prompt.value !== text) prompt.value = text
      const length = promptLength(text)
      setText(count, words.prompt.count(length, limit))
      count.classList.toggle('is-over', length > limit)
    },
  }
}
