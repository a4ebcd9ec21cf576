/** The form's photos: the start frame as it is cropped, and a strip of all of them, the start frame first. */

import { cropOfStartFrame, ratioOf } from './composer.js'
import { cutOff, shapeOf } from './crop.js'
import { el, loadStyle, setAttribute, setText } from './dom.js'
import { createPhotoFrame } from './photo_frame.js'
import { wantsLessData, wantsLessMotion } from './preferences.js'
import { words } from './words.js'

/** @typedef {import('./composer.js').Composer} Composer */
/** @typedef {import('./composer_controller.js').ComposerController} ComposerController */

/** @param {Composer['refused']} refused @returns {string[]} */
export function refusals(refused) {
  const left = refused.filter(({ problem }) => problem === 'too-many')
  if (left.length <= 3) return refused.map(({ name, problem }) => words.photoProblems[problem](name))
  return [...refusals(refused.filter(one => !left.includes(one))), words.photos.tooMany(left.length)]
}

/** @param {{controller: ComposerController, limit: number}} parts limit: how many photos there may be */
export function createPhotoField({ controller, limit }) {
  // Nobody drops or pastes with a finger.
  const isTouch = matchMedia('(hover: none) and (pointer: coarse)').matches
  const urls = createUrls()
  const frame = createPhotoFrame()
  const input = fileInput({
    id: 'photos',
    accept: 'image/*,.heic,.heif',
    multiple: true,
    'aria-describedby': 'photos-limit photos-error',
  })
  const camera = fileInput({
    id: 'camera',
    accept: 'image/*',
    capture: 'environment',
    'aria-label': words.photos.takePhoto,
  })
  const example = exampleLoop()
  const dropHere = el(
    'label',
    { for: 'photos', class: 'drop-here' },
    el('strong', {}, isTouch ? words.photos.add : words.photos.drop),
    !isTouch && el('span', {}, words.photos.paste),
  )
  const content = el('div', { class: 'frame-content' }, example, dropHere)
  frame.element.append(content)

  // Beside the first photo, the strip's own take their place.
  const buttons = [
    el('label', { class: 'button is-small', for: 'photos' }, words.photos.choose),
    el('label', { class: 'button is-small', for: 'camera' }, words.photos.takePhoto),
  ]
  const cut = el('p', { class: 'hint cut' })
  const hint = el('p', { class: 'hint others', id: 'photos-limit' })
  const error = el('p', { class: 'error', id: 'photos-error' })
  const refused = el('div', { class: 'refused', role: 'alert' })
  const element = el(
    'div',
    { class: 'desk-picture' },
    el('div', { class: 'frame-box' }, frame.element),
    cut,
    el('div', { class: 'photo-bar' }, input, camera, ...buttons),
    hint,
    error,
    refused,
  )

  /** What moves photos and crops, loaded with the first photo. @type {Awaited<ReturnType<typeof loadTools>> | null} */
  let tools = null
  let isLoading = false
  /** @type {Composer['refused']} */
  let told = []

  async function loadTools() {
    const [{ createCropHandle }, { createPhotoStrip }] = await Promise.all([
      import('./crop_handle.js'),
      import('./photo_strip.js'),
      loadStyle('/photos.css'),
    ])
    const handle = createCropHandle({
      move: position => controller.change({ type: 'crop-moved', position }),
    })
    const strip = createPhotoStrip({
      limit,
      urlOf: urls.of,
      move: (id, to) => controller.change({ type: 'photo-moved', id, to }),
      remove(id) {
        controller.change({ type: 'photo-removed', id })
        input.focus()
      },
    })
    frame.element.append(handle.element)
    input.before(...strip.elements)
    return { handle, strip }
  }

  async function addTools() {
    isLoading = true
    tools = await loadTools().catch(() => null)
    isLoading = false
    if (tools) render(controller.composer)
  }

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

  /** @param {Composer} composer */
  function render(composer) {
    const { entries } = composer
    const crop = cropOfStartFrame(composer)
    const off = crop && cutOff(crop.photo, crop.part)
    urls.keep(entries.flatMap(one => (one.photo ? [one.photo.blob, one.photo.thumbnail] : [])))
    frame.setRatio(shapeOf(ratioOf(composer)))
    frame.setPhoto(crop ? urls.of(crop.photo.blob) : null, words.photos.frameAlt)
    if (crop) frame.setPart(crop.part, crop.photo)
    setText(cut, cropText(off, crop !== null))
    content.hidden = entries.length > 0
    setAttribute(input, 'aria-label', entries.length ? words.photos.addMore : words.photos.choose)
    if (tools) {
      tools.handle.render(crop && off ? { ...crop, axis: off.axis, meaning: words.photos.cut(off) } : null)
      tools.strip.render(entries)
      for (const one of buttons) one.hidden = entries.length > 0
      for (const one of [input, camera]) one.hidden = entries.length >= limit
    } else if (entries.length && !isLoading) void addTools()
    setText(hint, entries.length < 2 ? words.photos.limit(limit) : words.photos.others)
    if (composer.refused === told) return
    told = composer.refused
    refused.replaceChildren(...refusals(told).map(sentence => el('p', {}, sentence)))
    // On a phone it is below the fold.
    refused.scrollIntoView({ block: 'nearest' })
  }

  return { element, error, control: input, render }
}

/**
 * @param {ReturnType<typeof cutOff>} off
 * @param {boolean} isThere whether there is a photo to crop
 */
function cropText(off, isThere) {
  if (off) return `${words.photos.cut(off)} ${words.photos.dragCrop}`
  return isThere ? words.photos.notCut : words.photos.kinds
}

/** What will happen, shown by an example; not where data or motion are to be spared. */
function exampleLoop() {
  if (wantsLessData() || wantsLessMotion()) return null
  const video = el('video', {
    class: 'example',
    loop: true,
    playsinline: true,
    autoplay: true,
    'aria-hidden': 'true',
    tabindex: -1,
  })
  // The attribute alone would not let it play by itself.
  video.muted = true
  // At the link to a video nobody sees the form.
  const seen = new IntersectionObserver(([entry]) => {
    if (!entry?.isIntersecting) return
    seen.disconnect()
    video.src = '/example.mp4'
  })
  seen.observe(video)
  return video
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
