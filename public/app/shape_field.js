/** The shape of the video. */

import { ratioOf, startFrame } from './composer.js'
import { ASPECT_RATIOS } from './crop.js'
import { el } from './dom.js'
import { words } from './words.js'

/** @param {{controller: import('./composer_controller.js').ComposerController}} parts */
export function createShapeField({ controller }) {
  const radios = ASPECT_RATIOS.map(ratio => {
    const suggestion = el('small', { hidden: true }, ` ${words.shape.suggested}`)
    const radio = el('input', {
      type: 'radio',
      name: 'ratio',
      value: ratio,
      id: `ratio-${ratio.replace(':', '-')}`,
      onchange: () => controller.change({ type: 'ratio', ratio }),
    })
    return {
      ratio,
      radio,
      suggestion,
      label: el('label', { class: 'segment' }, radio, el('span', {}, words.shape[ratio], suggestion)),
    }
  })
  const element = el(
    'fieldset',
    { class: 'field' },
    el('legend', {}, words.shape.heading),
    el('div', { class: 'segments' }, ...radios.map(({ label }) => label)),
  )

  return {
    element,

    /** @param {import('./composer.js').Composer} composer */
    render(composer) {
      const chosen = ratioOf(composer)
      for (const { ratio, radio, suggestion } of radios) {
        radio.checked = ratio === chosen
        suggestion.hidden = !(startFrame(composer) && !composer.chosenRatio && ratio === chosen)
      }
    },
  }
}
