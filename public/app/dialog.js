/** A question in a modal dialog. The browser keeps the focus inside, and gives it back at the end. */

import { el, setText } from './dom.js'

/**
 * @typedef {object} Choice
 * @property {string} value
 * @property {string} label
 * @property {string} [meaning]
 * @property {boolean} [isGrave]
 */

/**
 * @param {{heading: string, text?: () => string, isOver?: () => boolean, extra?: HTMLElement, choices: Choice[],
 *   keep: string}} question isOver: there is nothing to choose any more, so that it closes by itself
 * @returns {Promise<string | null>} the value chosen; null for none
 */
export function ask({ heading, text, isOver, extra, choices, keep }) {
  return new Promise(resolve => {
    const body = text && el('p', {}, text())
    // What it says of money may change while it is open.
    const timer = setInterval(() => {
      if (isOver?.()) dialog.close()
      else if (body && text) setText(body, text())
    }, 500)
    const dialog = el(
      'dialog',
      { class: 'dialog', 'aria-labelledby': 'dialog-heading', onclose: () => end() },
      el(
        'form',
        { method: 'dialog' },
        el('h2', { id: 'dialog-heading' }, heading),
        body,
        extra,
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
      clearInterval(timer)
      dialog.remove()
      resolve(dialog.returnValue || null)
    }
    document.body.append(dialog)
    dialog.showModal()
  })
}
