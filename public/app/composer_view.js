/** The form: photos, text, shape, and the button that spends money. */

import { EMPTY, obstacles, promptLength, ratioOf, reduceComposer, startFrame } from './composer.js'
import { priceOf } from './config.js'
import { ASPECT_RATIOS, cutOff, frameRatio } from './crop.js'
import { el, setAttribute, setText } from './dom.js'
import { preference, setPreference } from './preferences.js'
import { createSlide } from './slide.js'
import { words } from './words.js'

/**
 * @typedef {import('./composer.js').Composer} Composer
 * @typedef {import('./composer.js').ComposerEvent} ComposerEvent
 * @typedef {import('./composer.js').Obstacle} Obstacle
 * @typedef {import('./config.js').Config} Config
 * @typedef {import('./engine.js').Draft} Draft
 */

/** Which field each obstacle belongs to. @type {Record<Obstacle, 'photos' | 'prompt' | 'code'>} */
const FIELD_OF = {
  'no-photo': 'photos',
  preparing: 'photos',
  'photos-too-large': 'photos',
  'no-prompt': 'prompt',
  'prompt-too-long': 'prompt',
  'no-access-code': 'code',
}

/** @returns {string} the code that the person entered last */
export function keptAccessCode() {
  return preference('access-code')
}

/**
 * @param {{config: Config, onGenerate: (draft: Draft) => Promise<boolean>}} options generate: whether the draft was taken
 */
export function createComposerView({ config, onGenerate }) {
  const { limits } = config
  /** @type {Composer} */
  let composer = { ...EMPTY, accessCode: keptAccessCode() }
  let nextId = 1
  let isSending = false
  let isTried = false
  /** @type {Composer['entries'] | null} */
  let listed = null
  /** @type {Map<number, Promise<void>>} */
  const preparing = new Map()
  /** @type {Map<Blob, string>} */
  const urls = new Map()

  const slide = createSlide()
  const input = el('input', {
    type: 'file',
    id: 'photos',
    class: 'visually-hidden',
    accept: 'image/*,.heic,.heif',
    multiple: true,
    'aria-labelledby': 'photos-label',
    'aria-describedby': 'photos-limit photos-error',
    onchange: () => {
      addFiles([...(input.files ?? [])])
      input.value = ''
    },
  })
  const camera = el('input', {
    type: 'file',
    id: 'camera',
    class: 'visually-hidden',
    accept: 'image/*',
    capture: 'environment',
    onchange: () => {
      addFiles([...(camera.files ?? [])])
      camera.value = ''
    },
  })
  slide.content.append(
    el(
      'label',
      { for: 'photos', class: 'drop-here' },
      el('strong', {}, words.photos.drop),
      el('span', {}, words.photos.dropOrPaste),
    ),
  )
  const chooseLabel = el('span', { id: 'photos-label' }, words.photos.choose)
  const list = el('ul', { class: 'photos', 'aria-label': words.photos.heading })
  const others = el('p', { class: 'hint', hidden: true }, words.photos.others)
  const photosError = el('p', { class: 'error', id: 'photos-error' })
  const refused = el('div', { class: 'refused', role: 'alert' })

  const prompt = el('textarea', {
    id: 'prompt',
    rows: 4,
    placeholder: words.prompt.placeholder,
    'aria-describedby': 'prompt-count prompt-error',
    oninput: () => change({ type: 'prompt', text: prompt.value }),
  })
  const count = el('p', { class: 'count', id: 'prompt-count' })
  const promptError = el('p', { class: 'error', id: 'prompt-error' })
  const chips = el(
    'ul',
    { class: 'chips', 'aria-label': words.prompt.examples },
    ...words.prompt.chips.map(({ label, text }) =>
      el('li', {}, el('button', { type: 'button', class: 'chip', onclick: () => insert(text) }, label)),
    ),
  )

  const radios = ASPECT_RATIOS.map(ratio => {
    const suggestion = el('small', { hidden: true }, ` ${words.shape.suggested}`)
    const radio = el('input', {
      type: 'radio',
      name: 'ratio',
      value: ratio,
      id: `ratio-${ratio.replace(':', '-')}`,
      onchange: () => change({ type: 'ratio', ratio }),
    })
    return {
      ratio,
      radio,
      suggestion,
      label: el('label', { class: 'segment' }, radio, el('span', {}, words.shape[ratio], suggestion)),
    }
  })
  const cut = el('p', { class: 'hint', 'aria-live': 'polite' })

  const model = el(
    'select',
    { id: 'model', onchange: () => change({ type: 'model', model: model.value }) },
    ...config.models.map(({ id }) => el('option', { value: id }, id.split('/').at(-1) ?? id)),
  )
  const code = el('input', {
    id: 'code',
    type: 'password',
    autocomplete: 'off',
    'aria-describedby': 'code-meaning code-error',
    oninput: () => change({ type: 'access-code', code: code.value }),
  })
  code.value = composer.accessCode
  const codeError = el('p', { class: 'error', id: 'code-error' })
  const price = el('p', { class: 'price' })
  const button = el('button', { class: 'button is-primary is-large', type: 'submit' }, words.generate)

  const heading = el('h1', { tabindex: -1 }, words.tagline)
  const element = el(
    'form',
    { class: 'desk', novalidate: true, 'aria-label': words.newVideo, onsubmit: submit },
    heading,
    el(
      'div',
      { class: 'desk-picture' },
      slide.element,
      el(
        'div',
        { class: 'photo-bar' },
        input,
        el('label', { class: 'button', for: 'photos' }, chooseLabel),
        el(
          'span',
          { class: 'camera' },
          camera,
          el('label', { class: 'button', for: 'camera' }, words.photos.takePhoto),
        ),
        el('p', { class: 'hint', id: 'photos-limit' }, words.photos.limit(limits.photos)),
      ),
      photosError,
      refused,
      list,
      others,
    ),
    el(
      'div',
      { class: 'desk-panel' },
      el(
        'div',
        { class: 'field' },
        el('label', { for: 'prompt' }, words.prompt.heading),
        prompt,
        count,
        promptError,
        chips,
      ),
      el(
        'fieldset',
        { class: 'field' },
        el('legend', {}, words.shape.heading),
        el('div', { class: 'segments' }, ...radios.map(({ label }) => label)),
        cut,
      ),
      config.models.length > 1 &&
        el('div', { class: 'field' }, el('label', { for: 'model' }, words.model), model),
      config.accessCodeNeeded &&
        el(
          'div',
          { class: 'field' },
          el('label', { for: 'code' }, words.accessCode),
          code,
          el('p', { class: 'hint', id: 'code-meaning' }, words.accessCodeMeaning),
          codeError,
        ),
      el('div', { class: 'generate' }, button, price),
    ),
  )

  /** @param {ComposerEvent} event */
  function change(event) {
    composer = reduceComposer(composer, event)
    render()
  }

  /**
   * @param {File[]} files
   * @param {{arePrepared?: boolean}} [how] prepared: they come from an earlier job, and stay as they are
   */
  function addFiles(files, { arePrepared = false } = {}) {
    composer = { ...composer, refused: [] }
    for (const file of files) {
      const id = nextId++
      change({ type: 'photo-added', id, name: file.name, limit: limits.photos })
      if (!composer.entries.some(entry => entry.id === id)) continue
      const done = prepare(file, limits.photoBytes / limits.photos).then(result => {
        preparing.delete(id)
        change(
          'photo' in result
            ? {
                type: 'photo-prepared',
                id,
                photo: arePrepared ? { ...result.photo, blob: file } : result.photo,
              }
            : { type: 'photo-refused', id, problem: result.problem },
        )
      })
      preparing.set(id, done)
    }
  }

  /**
   * Put an example into the text: alone, or behind what the person has written.
   * @param {string} text
   */
  function insert(text) {
    const written = prompt.value.trim()
    const isExample = words.prompt.chips.some(chip => chip.text === written)
    prompt.value = written && !isExample ? `${written} ${text}` : text
    change({ type: 'prompt', text: prompt.value })
    prompt.focus()
    prompt.setSelectionRange(prompt.value.length, prompt.value.length)
  }

  /** @param {SubmitEvent} event */
  async function submit(event) {
    event.preventDefault()
    // Set before anything is awaited: a second press finds it set.
    if (isSending) return
    isSending = true
    render()
    await Promise.all(preparing.values())
    isTried = true
    const found = obstacles(composer, limits, config.accessCodeNeeded)
    const frame = startFrame(composer)
    if (found[0] || !frame) {
      isSending = false
      render()
      const field = FIELD_OF[found[0] ?? 'no-photo']
      ;({ photos: input, prompt, code })[field].focus()
      return
    }
    const ratio = ratioOf(composer)
    const draft = {
      prompt: composer.prompt.trim(),
      aspectRatio: ratio,
      model: composer.model,
      pictures: {
        photos: composer.entries.flatMap(({ photo }) => (photo ? [photo.blob] : [])),
        thumbnail: frame.thumbnail,
      },
      ratio: frameRatio(ratio, frame),
      hasPrice: priceOf(config, composer.model) !== null,
    }
    if (config.accessCodeNeeded) setPreference('access-code', composer.accessCode.trim())
    const isTaken = await onGenerate(draft)
    isSending = false
    isTried = false
    if (!isTaken) {
      render()
      return
    }
    prompt.value = ''
    change({ type: 'cleared' })
  }

  /** @param {Blob} blob */
  function urlOf(blob) {
    const url = urls.get(blob) ?? URL.createObjectURL(blob)
    urls.set(blob, url)
    return url
  }

  function render() {
    const frame = startFrame(composer)
    const ratio = ratioOf(composer)
    const shown = new Set(
      composer.entries.flatMap(({ photo }) => (photo ? [photo.blob, photo.thumbnail] : [])),
    )
    for (const [blob, url] of urls) {
      if (shown.has(blob)) continue
      URL.revokeObjectURL(url)
      urls.delete(blob)
    }

    slide.setPhoto(frame ? urlOf(frame.blob) : null, words.photos.frameAlt)
    slide.setRatio(frameRatio(ratio, frame))
    slide.setStamp(
      words.shape[ratio],
      frame ? `${frame.width} × ${frame.height}` : composer.entries.length ? words.photos.preparing : '',
    )
    slide.content.hidden = composer.entries.length > 0
    setText(chooseLabel, composer.entries.length ? words.photos.addMore : words.photos.choose)
    renderPhotos()
    others.hidden = composer.entries.length < 2
    refused.replaceChildren(
      ...composer.refused.map(({ name, problem }) => el('p', {}, words.photoProblems[problem](name))),
    )

    const length = promptLength(composer.prompt)
    setText(count, words.prompt.count(length, limits.promptCharacters))
    count.classList.toggle('is-over', length > limits.promptCharacters)
    for (const { ratio: own, radio, suggestion } of radios) {
      radio.checked = own === ratio
      suggestion.hidden = !(frame && !composer.chosenRatio && own === ratio)
    }
    setText(cut, frame ? cutText(ratio, frame) : '')
    if (composer.model) model.value = composer.model
    renderErrors()

    const usd = priceOf(config, composer.model)
    setText(price, usd === null ? '' : `${words.price(usd)} ${words.undoMeaning}`)
    setAttribute(button, 'aria-disabled', isSending ? 'true' : null)
  }

  function renderPhotos() {
    // Only when they change: a new list would take the focus away from its buttons.
    if (composer.entries === listed) return
    listed = composer.entries
    list.hidden = !composer.entries.length
    list.replaceChildren(
      ...composer.entries.map(({ id, name, photo }, index) =>
        el(
          'li',
          {},
          photo
            ? el('img', { src: urlOf(photo.thumbnail), alt: words.photos.alt(name) })
            : el('span', { class: 'preparing', role: 'status' }, words.photos.preparing),
          index === 0
            ? el('span', { class: 'start-frame' }, words.photos.startFrame)
            : el(
                'button',
                {
                  type: 'button',
                  class: 'button is-small',
                  'aria-label': `${words.photos.useAsStartFrame}: ${name}`,
                  onclick: () => {
                    change({ type: 'start-frame', id })
                    list.querySelector('button')?.focus()
                  },
                },
                words.photos.useAsStartFrame,
              ),
          el(
            'button',
            {
              type: 'button',
              class: 'button is-small is-quiet',
              'aria-label': `${words.photos.remove}: ${name}`,
              onclick: () => {
                change({ type: 'photo-removed', id })
                input.focus()
              },
            },
            words.photos.remove,
          ),
        ),
      ),
    )
  }

  function renderErrors() {
    const found = isTried ? obstacles(composer, limits, config.accessCodeNeeded) : []
    for (const [field, message, control] of /** @type {const} */ ([
      ['photos', photosError, input],
      ['prompt', promptError, prompt],
      ['code', codeError, code],
    ])) {
      const obstacle = found.find(one => FIELD_OF[one] === field && one !== 'preparing')
      setText(message, obstacle ? words.obstacles[obstacle] : '')
      setAttribute(control, 'aria-invalid', obstacle ? 'true' : null)
    }
  }

  render()
  return {
    element,
    addFiles,
    heading,

    /**
     * Begin with what an earlier job had.
     * @param {{prompt: string, aspectRatio: import('./crop.js').AspectRatio, model: string | null, photos: Blob[]}} job
     */
    fill({ prompt: text, aspectRatio, model: chosen, photos }) {
      prompt.value = text
      change({ type: 'filled', prompt: text, chosenRatio: aspectRatio, model: chosen })
      const files = photos.map((blob, index) => new File([blob], `${index + 1}`, { type: blob.type }))
      addFiles(files, { arePrepared: true })
    },
  }
}

/** @typedef {ReturnType<typeof createComposerView>} ComposerView */

/**
 * @param {File} file
 * @param {number} budget bytes
 */
async function prepare(file, budget) {
  const { preparePhoto } = await import('./photos.js')
  return preparePhoto(file, budget)
}

/**
 * @param {import('./crop.js').AspectRatio} ratio
 * @param {{width: number, height: number}} frame
 */
function cutText(ratio, frame) {
  if (ratio === 'auto') return words.shape.autoMeaning
  const { share, edges } = cutOff(ratio, frame)
  return share < 0.01 ? words.photos.notCut : words.photos.cut(share, edges)
}
