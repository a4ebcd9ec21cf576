/** The form: photos, text, shape, and the button that spends money. */

import { createComposerController } from './composer_controller.js'
import { chosen, offered, priceOf } from './config.js'
import { el, setAttribute, setText } from './dom.js'
import { createDrafts } from './drafts.js'
import { createPhotoField } from './photo_field.js'
import { isAccessCodeRemembered, keepAccessCode, keptAccessCode } from './preferences.js'
import { createPromptField } from './prompt_field.js'
import { createShapeField } from './shape_field.js'
import { words } from './words.js'

/**
 * @typedef {import('./composer.js').Obstacle} Obstacle
 * @typedef {import('./engine.js').FormDraft} FormDraft
 */

/** Which field each obstacle belongs to. @type {Record<Obstacle, 'photos' | 'prompt' | 'code'>} */
const FIELD_OF = {
  'no-photo': 'photos',
  preparing: 'photos',
  'no-prompt': 'prompt',
  'prompt-too-long': 'prompt',
  'no-access-code': 'code',
}

/**
 * @param {{config: import('./config.js').Config, onGenerate: (draft: Promise<FormDraft>) => Promise<boolean>,
 *   onRestore: (isPart?: boolean) => void, onSetAside: () => void}} options generate: whether the draft was taken;
 *   restore: the form holds again what was left, or a part of it; set aside: what it held comes back later
 */
export function createComposerView({ config, onGenerate, onRestore, onSetAside }) {
  const { limits } = config
  const controller = createComposerController({
    limits,
    accessCodeNeeded: () => config.accessCodeNeeded,
    accessCode: keptAccessCode(),
    drafts: createDrafts(),
    prepare,
    partOf: async (...order) => (await import('./photos.js')).partOf(...order),
    onGenerate(draft) {
      keepCode()
      return onGenerate(draft.then(one => ({ ...one, model: offered(config, one.model) })))
    },
    onRestore,
    onSetAside,
    onChange: render,
  })
  const photos = createPhotoField({ controller, limit: limits.photos })
  const prompt = createPromptField({ controller, limit: limits.promptCharacters })
  const shape = createShapeField({ controller })
  const code = createCodeField({ controller })
  const fields = { photos, prompt, code }

  const model = el('select', {
    id: 'model',
    onchange: () => controller.change({ type: 'model', model: model.value }),
  })
  const modelField = el('div', { class: 'field' }, el('label', { for: 'model' }, words.model), model)
  const panel = el('div', { class: 'desk-panel' }, prompt.element, shape.element, modelField)
  const paused = el('p', { dir: 'auto' })
  const promise = el('p', { class: 'promise' })
  const price = el('p', { class: 'price' })
  const button = el('button', { class: 'button is-primary is-large', type: 'submit' }, words.generate)
  const taken = el('p', { class: 'hint', role: 'status' })
  const heading = el('h1', { tabindex: -1 }, words.tagline)
  const element = el(
    'form',
    { class: 'desk', novalidate: true, 'aria-label': words.newVideo, onsubmit: submit },
    el('div', { class: 'desk-head' }, heading, promise, paused),
    photos.element,
    panel,
    el('div', { class: 'generate' }, button, price, taken),
  )

  /** @param {SubmitEvent} event */
  async function submit(event) {
    event.preventDefault()
    const obstacle = await controller.send()
    if (obstacle) fields[FIELD_OF[obstacle]].control.focus()
  }

  function keepCode() {
    if (config.accessCodeNeeded) keepAccessCode(controller.composer.accessCode.trim(), code.isRemembered())
  }

  /** The settings are new: show what the site offers by them. */
  function showOffer() {
    setText(paused, config.paused)
    paused.hidden = !config.paused
    model.replaceChildren(
      ...config.models.map(({ id }) => el('option', { value: id }, id.split('/').at(-1) ?? id)),
    )
    modelField.hidden = config.models.length < 2
    // A hidden field would have browsers offer to fill it in.
    if (!config.accessCodeNeeded) code.element.remove()
    else if (!code.element.parentElement) panel.append(code.element)
    render()
  }

  function render() {
    const { composer, problems, isSending } = controller
    for (const field of [photos, prompt, shape, code]) field.render(composer)
    model.value = chosen(config.models, composer.model)?.id ?? ''
    for (const [name, { error, control }] of Object.entries(fields)) {
      const obstacle = problems.find(one => FIELD_OF[one] === name)
      setText(error, obstacle ? words.obstacles[obstacle] : '')
      setAttribute(control, 'aria-invalid', obstacle ? 'true' : null)
    }
    const usd = priceOf(config, composer.model)
    setText(promise, words.promise(usd))
    setText(price, usd === null ? '' : `${words.price(usd)} ${words.undoMeaning}`)
    setAttribute(button, 'aria-disabled', isSending ? 'true' : null)
    setText(taken, isSending ? words.taken : '')
  }

  showOffer()
  return {
    element,
    heading,
    keepCode,
    showOffer,
    addFiles: controller.addFiles,
    fill: controller.fill,
    restore: controller.restore,
  }
}

/** @typedef {ReturnType<typeof createComposerView>} ComposerView */

/** @param {{controller: import('./composer_controller.js').ComposerController}} parts */
function createCodeField({ controller }) {
  const control = el('input', {
    id: 'code',
    type: 'password',
    autocomplete: 'off',
    'aria-describedby': 'code-meaning code-error',
    oninput: () => controller.change({ type: 'access-code', code: control.value }),
  })
  const error = el('p', { class: 'error', id: 'code-error' })
  const remember = el('input', { type: 'checkbox' })
  remember.checked = isAccessCodeRemembered()
  const element = el(
    'div',
    { class: 'field' },
    el('label', { for: 'code' }, words.accessCode),
    control,
    el('label', { class: 'tick' }, remember, ` ${words.rememberAccessCode}`),
    el('p', { class: 'hint', id: 'code-meaning' }, words.accessCodeMeaning),
    error,
  )
  return {
    element,
    control,
    error,
    isRemembered: () => remember.checked,

    /** @param {import('./composer.js').Composer} composer */
    render({ accessCode }) {
      if (control.value !== accessCode) control.value = accessCode
    },
  }
}

/**
 * @param {File} file
 * @returns {ReturnType<typeof import('./photos.js').preparePhoto>}
 */
async function prepare(file) {
  try {
    const { preparePhoto } = await import('./photos.js')
    return await preparePhoto(file)
  } catch {
    return { problem: 'not-loaded' }
  }
}
