/** A question in a modal dialog. The browser keeps the focus inside, and gives it back at the end. */

import { el } from './dom.js'

/**
 * @typedef {object} Choice
 * @property {string} value
 * @property {string} label
 * @property {string} [meaning]
 * @property {boolean} [isGrave]
 */

/**
 * @param {{heading: string, text?: string, choices: Choice[], keep: string}} question
 * @returns {Promise<string | null>} the value chosen; null for none
 */
export function ask({ heading, text, choices, keep }) {
  return new Promise(resolve => {
    const dialog = el(
      'dialog',
      { class: 'dialog', 'aria-labelledby': 'dialog-heading', onclose: () => end() },
      el(
        'form',
        { method: 'dialog' },
        el('h2', { id: 'dialog-heading' }, heading),
        text && el('p', {}, text),
        ...choices.map(({ value, label, meaning, isGrave }, index) =>
          el(
            'div',
            { class: 'dialog-choice' },
            el(
              'button',
              {
                class: isGrave ? 'button is-grave' : 'button',
                value,
                'aria-describedby': meaning ? `dialog-meaning-${index}` : null,
              },
              label,
            ),
            meaning && el('p', { id: `dialog-meaning-${index}` }, meaning),
          ),
        ),
        el('button', { class: 'button is-quiet', value: '', autofocus: true }, keep),
      ),
    )
    const end = () => {
      dialog.remove()
      resolve(dialog.returnValue || null)
    }
    document.body.append(dialog)
    dialog.showModal()
  })
}
