/** The shape of the video, and what of the photo it cuts off. */

import { ratioOf, startFrame } from './composer.js'
import { ASPECT_RATIOS, cutOff } from './crop.js'
import { el, setText } from './dom.js'
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
  const cut = el('p', { class: 'hint', 'aria-live': 'polite' })
  const element = el(
    'fieldset',
    { class: 'field' },
    el('legend', {}, words.shape.heading),
    el('div', { class: 'segments' }, ...radios.map(({ label }) => label)),
    cut,
  )

  return {
    element,

    /** @param {import('./composer.js').Composer} composer */
    render(composer) {
      const photo = startFrame(composer)
      const chosen = ratioOf(composer)
      for (const { ratio, radio, suggestion } of radios) {
        radio.checked = ratio === chosen
        suggestion.hidden = !(photo && !composer.chosenRatio && ratio === chosen)
      }
      setText(cut, photo ? cutText(chosen, photo) : '')
    },
  }
}

/**
 * @param {import('./crop.js').AspectRatio} ratio
 * @param {{width: number, height: number}} photo
 */
function cutText(ratio, photo) {
  if (ratio === 'auto') return words.shape.autoMeaning
  const { share, edges } = cutOff(ratio, photo)
  return share < 0.01 ? words.photos.notCut : words.photos.cut(share, edges)
}
