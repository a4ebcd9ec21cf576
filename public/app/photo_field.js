/** The form's photos: the start frame as it is cropped, the ways to add one, and the list of them. */

import { ratioOf, startFrame } from './composer.js'
import { frameRatio } from './crop.js'
import { el, setText } from './dom.js'
import { createPhotoFrame } from './photo_frame.js'
import { words } from './words.js'

/** @typedef {import('./composer_controller.js').ComposerController} ComposerController */

/** @param {{controller: ComposerController, limit: number}} parts limit: how many photos there may be */
export function createPhotoField({ controller, limit }) {
  // Nobody drops or pastes with a finger.
  const isTouch = matchMedia('(hover: none) and (pointer: coarse)').matches
  const urls = createUrls()
  /** @type {import('./composer.js').Entry[] | null} */
  let listed = null

  const frame = createPhotoFrame()
  const input = fileInput({
    id: 'photos',
    accept: 'image/*,.heic,.heif',
    multiple: true,
    'aria-labelledby': 'photos-label',
    'aria-describedby': 'photos-limit photos-error',
  })
  const camera = fileInput({ id: 'camera', accept: 'image/*', capture: 'environment' })
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
  const error = el('p', { class: 'error', id: 'photos-error' })
  const refused = el('div', { class: 'refused', role: 'alert' })
  const element = el(
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
      el('p', { class: 'hint', id: 'photos-limit' }, words.photos.limit(limit)),
    ),
    error,
    refused,
    list,
    others,
  )

  /** @param {Record<string, string | boolean>} attributes */
  function fileInput(attributes) {
    const field = el('input', {
      ...attributes,
      type: 'file',
      class: 'visually-hidden',
      onchange: () => {
        controller.addFiles([...(field.files ?? [])])
        field.value = ''
      },
    })
    return field
  }

  /** @param {import('./composer.js').Entry[]} entries */
  function renderList(entries) {
    // Only when they change: a new list would take the focus away from its buttons.
    if (entries === listed) return
    listed = entries
    list.hidden = !entries.length
    list.replaceChildren(...entries.map(listItem))
  }

  /**
   * @param {import('./composer.js').Entry} entry
   * @param {number} index
   */
  function listItem({ id, name, photo }, index) {
    return el(
      'li',
      {},
      photo
        ? el('img', { src: urls.of(photo.thumbnail), alt: words.photos.alt(name) })
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
                controller.change({ type: 'start-frame', id })
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
            controller.change({ type: 'photo-removed', id })
            input.focus()
          },
        },
        words.photos.remove,
      ),
    )
  }

  return {
    element,
    error,
    control: input,

    /** @param {import('./composer.js').Composer} composer */
    render(composer) {
      const { entries } = composer
      const photo = startFrame(composer)
      const ratio = ratioOf(composer)
      urls.keep(entries.flatMap(one => (one.photo ? [one.photo.blob, one.photo.thumbnail] : [])))
      frame.setPhoto(photo ? urls.of(photo.blob) : null, words.photos.frameAlt)
      frame.setRatio(frameRatio(ratio, photo))
      frame.setStamp(
        words.shape[ratio],
        photo ? `${photo.width} × ${photo.height}` : entries.length ? words.photos.preparing : '',
      )
      frame.content.hidden = entries.length > 0
      setText(chooseLabel, entries.length ? words.photos.addMore : words.photos.choose)
      renderList(entries)
      others.hidden = entries.length < 2
      refused.replaceChildren(
        ...composer.refused.map(({ name, problem }) => el('p', {}, words.photoProblems[problem](name))),
      )
    },
  }
}

/** Addresses under which the page shows photos that lie in memory. */
function createUrls() {
  /** @type {Map<Blob, string>} */
  const urls = new Map()
  return {
    /** @param {Blob} blob */
    of(blob) {
      const url = urls.get(blob) ?? URL.createObjectURL(blob)
      urls.set(blob, url)
      return url
    },
    /** @param {Blob[]} shown all others are given up */
    keep(shown) {
      for (const [blob, url] of urls) {
        if (shown.includes(blob)) continue
        URL.revokeObjectURL(url)
        urls.delete(blob)
      }
    },
  }
}
