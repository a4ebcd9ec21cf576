/** The form: photos, text, shape, and the button that spends money. */

import { keepAccessCode, keptAccessCode } from './access_code.js'
import { EMPTY, obstacles, promptLength, ratioOf, reduceComposer, startFrame } from './composer.js'
import { priceOf } from './config.js'
import { ASPECT_RATIOS, cutOff, frameRatio } from './crop.js'
import { el, setAttribute, setText } from './dom.js'
import { createDrafts } from './drafts.js'
import { createPhotoFrame } from './photo_frame.js'
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

/**
 * @param {{config: Config, onGenerate: (draft: Draft) => Promise<boolean>, onRestore: () => void}} options generate:
 *   whether the draft was taken; restore: the form holds again what an earlier page left
 */
export function createComposerView({ config, onGenerate, onRestore }) {
  const { limits } = config
  const drafts = createDrafts()
  /** @type {Composer} */
  let composer = { ...EMPTY, accessCode: keptAccessCode() }
  let nextId = 1
  let isSending = false
  let isHandedOver = false
  let isTried = false
  let isKeeping = false
  let kept = Promise.resolve()
  /** @type {Composer['entries'] | null} */
  let listed = null
  /** @type {Map<number, Promise<void>>} */
  const preparing = new Map()
  /** @type {Map<Blob, string>} */
  const urls = new Map()

  // Nobody drops or pastes with a finger.
  const isTouch = matchMedia('(hover: none) and (pointer: coarse)').matches
  const frame = createPhotoFrame()
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
  frame.content.append(
    el(
      'label',
      { for: 'photos', class: 'drop-here' },
      el('strong', {}, isTouch ? words.photos.add : words.photos.drop),
      el('span', {}, isTouch ? words.photos.kinds : words.photos.dropOrPaste),
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
  const taken = el('p', { class: 'hint', role: 'status' })

  const heading = el('h1', { tabindex: -1 }, words.tagline)
  const element = el(
    'form',
    { class: 'desk', novalidate: true, 'aria-label': words.newVideo, onsubmit: submit },
    heading,
    el(
      'div',
      { class: 'desk-picture' },
      frame.element,
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
      el('div', { class: 'generate' }, button, price, taken),
    ),
  )

  /** @param {ComposerEvent} event */
  function change(event) {
    composer = reduceComposer(composer, event)
    render()
    keep()
  }

  /** Keep the form as it stands, once all that happens at once has happened. */
  function keep() {
    if (isKeeping) return
    isKeeping = true
    queueMicrotask(() => {
      isKeeping = false
      // What is written while the job takes the draft's place would be a second one.
      if (isHandedOver) return
      const { prompt: text, chosenRatio, model: chosen, entries } = composer
      kept = drafts.keep({ prompt: text, chosenRatio, model: chosen, isPressed: isSending, photos: entries })
    })
  }

  /**
   * @param {File[]} files
   * @param {{arePrepared?: boolean}} [how] prepared: they come from an earlier job, and stay as they are
   */
  function addFiles(files, { arePrepared = false } = {}) {
    composer = { ...composer, refused: [] }
    for (const file of files) add({ id: nextId++, file, isPrepared: arePrepared })
  }

  /** @param {{id: number, file: File, isPrepared: boolean}} photo */
  function add({ id, file, isPrepared }) {
    nextId = Math.max(nextId, id + 1)
    change({ type: 'photo-added', id, file, isPrepared, limit: limits.photos })
    if (!composer.entries.some(entry => entry.id === id)) return
    const done = prepare(file, limits.photoBytes / limits.photos).then(result => {
      preparing.delete(id)
      change(
        'photo' in result
          ? { type: 'photo-prepared', id, photo: result.photo }
          : { type: 'photo-refused', id, problem: result.problem },
      )
    })
    preparing.set(id, done)
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
  function submit(event) {
    event.preventDefault()
    void send()
  }

  async function send() {
    // Set before anything is awaited: a second press finds it set.
    if (isSending) return
    isTried = true
    if (obstacles(composer, limits, config.accessCodeNeeded).some(one => one !== 'preparing')) {
      showObstacles()
      return
    }
    isSending = true
    if (config.accessCodeNeeded) keepAccessCode(composer.accessCode.trim())
    render()
    keep()
    await Promise.all(preparing.values())
    await kept
    const frame = startFrame(composer)
    if (obstacles(composer, limits, config.accessCodeNeeded).length || !frame) {
      isSending = false
      keep()
      showObstacles()
      return
    }
    const ratio = ratioOf(composer)
    isHandedOver = true
    const isTaken = await onGenerate({
      key: drafts.key,
      prompt: composer.prompt.trim(),
      aspectRatio: ratio,
      model: composer.model,
      pictures: {
        photos: composer.entries.flatMap(({ photo }) => (photo ? [photo.blob] : [])),
        thumbnail: frame.thumbnail,
      },
      ratio: frameRatio(ratio, frame),
      hasPrice: priceOf(config, composer.model) !== null,
    })
    isSending = false
    isHandedOver = false
    isTried = false
    if (isTaken) {
      drafts.leave()
      prompt.value = ''
      change({ type: 'cleared' })
    } else {
      render()
      keep()
    }
  }

  /** Say what is missing, and take the focus to the first of it. */
  function showObstacles() {
    render()
    // A photo that is still prepared is nothing that the person could mend.
    const first = obstacles(composer, limits, config.accessCodeNeeded).find(one => one !== 'preparing')
    if (first) ({ photos: input, prompt, code })[FIELD_OF[first]].focus()
  }

  /** @param {Blob} blob */
  function urlOf(blob) {
    const url = urls.get(blob) ?? URL.createObjectURL(blob)
    urls.set(blob, url)
    return url
  }

  function render() {
    const photo = startFrame(composer)
    const ratio = ratioOf(composer)
    const shown = new Set(
      composer.entries.flatMap(({ photo }) => (photo ? [photo.blob, photo.thumbnail] : [])),
    )
    for (const [blob, url] of urls) {
      if (shown.has(blob)) continue
      URL.revokeObjectURL(url)
      urls.delete(blob)
    }

    frame.setPhoto(photo ? urlOf(photo.blob) : null, words.photos.frameAlt)
    frame.setRatio(frameRatio(ratio, photo))
    frame.setStamp(
      words.shape[ratio],
      photo ? `${photo.width} × ${photo.height}` : composer.entries.length ? words.photos.preparing : '',
    )
    frame.content.hidden = composer.entries.length > 0
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
      suggestion.hidden = !(photo && !composer.chosenRatio && own === ratio)
    }
    setText(cut, photo ? cutText(ratio, photo) : '')
    if (composer.model) model.value = composer.model
    renderErrors()

    const usd = priceOf(config, composer.model)
    setText(price, usd === null ? '' : `${words.price(usd)} ${words.undoMeaning}`)
    setAttribute(button, 'aria-disabled', isSending ? 'true' : null)
    setText(taken, isSending ? words.taken : '')
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

    /** Take up what an earlier page left in the form; where Generate had been pressed, go on with that. */
    async restore() {
      await drafts.restore(({ prompt: text, chosenRatio, model: chosen, isPressed, photos }) => {
        prompt.value = text
        change({ type: 'filled', prompt: text, chosenRatio, model: chosen })
        for (const photo of photos) add(photo)
        if (isPressed) void send()
        else onRestore()
      })
    },
  }
}

/** @typedef {ReturnType<typeof createComposerView>} ComposerView */

/**
 * @param {File} file
 * @param {number} budget bytes
 * @returns {ReturnType<typeof import('./photos.js').preparePhoto>}
 */
async function prepare(file, budget) {
  try {
    const { preparePhoto } = await import('./photos.js')
    return await preparePhoto(file, budget)
  } catch {
    return { problem: 'not-loaded' }
  }
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
