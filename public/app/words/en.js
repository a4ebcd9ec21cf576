/** All words of the page in English. A translation is one more file with the same entries. */

import { localeOf } from '../locale.js'

const language = 'en'
const locale = localeOf(language)
const number = new Intl.NumberFormat(locale)
const percent = new Intl.NumberFormat(locale, { style: 'percent' })
const money = new Intl.NumberFormat(locale, { style: 'currency', currency: 'USD' })

export default {
  language,
  direction: 'ltr',

  title: 'videogen: make a photo move',
  tagline: 'Make a photo move.',
  newVideo: 'New video',
  simulator: 'Simulator',
  simulatorMeaning: 'A simulator on this computer makes the videos. Nothing is bought.',
  chooseLanguage: 'Language',
  skip: 'Skip to content',

  photos: {
    heading: 'Photos',
    choose: 'Choose photos',
    takePhoto: 'Take a photo',
    add: 'Add a photo',
    kinds: 'JPEG, PNG, WebP and most other formats.',
    drop: 'Drop a photo here',
    paste: 'or paste one',
    dropAnywhere: 'Drop to add',
    addMore: 'Add photos',
    preparing: 'Preparing …',
    startFrame: 'Start frame',
    useAsStartFrame: 'Use as start frame',
    reorder: 'Drag to reorder, or use the arrow keys',
    moved: (/** @type {string} */ name, /** @type {number} */ place, /** @type {number} */ count) =>
      `${name} is now photo ${place} of ${count}.`,
    remove: 'Remove',
    alt: (/** @type {string} */ name) => `Your photo ${name}`,
    frameAlt: 'Start frame: your photo, cropped',
    others:
      'The video begins with the start frame. The other photos are sent too; the model may or may not use them.',
    limit: (/** @type {number} */ count) => `Up to ${count} photos.`,
    tooMany: (/** @type {number} */ count) =>
      `${count} photos were not added: there is no room for more photos.`,
    crop: 'Crop of the start frame',
    cut: (/** @type {{axis: 'x' | 'y', before: number, after: number}} */ { axis, before, after }) =>
      axis === 'x'
        ? `Cropped: ${percent.format(before)} from the left, ${percent.format(after)} from the right.`
        : `Cropped: ${percent.format(before)} from the top, ${percent.format(after)} from the bottom.`,
    dragCrop: 'Drag the photo to change that.',
    notCut: 'The whole photo is used.',
  },

  photoProblems: {
    'too-many': (/** @type {string} */ name) => `${name} was not added: there is no room for more photos.`,
    heic: (/** @type {string} */ name) =>
      `${name} is a HEIC photo, which this browser cannot open. Export it as JPEG or open this page in Safari. On an iPhone, go to Settings, Camera, Formats and choose Most Compatible.`,
    'not-loaded': (/** @type {string} */ name) =>
      `${name} could not be prepared because part of this page did not load. Check your connection and add it again.`,
    hidden: (/** @type {string} */ name) =>
      `${name} could not be prepared because this browser hides what pages draw. Allow this site to read the canvas, or use another browser.`,
    unreadable: (/** @type {string} */ name) => `${name} cannot be opened as a photo.`,
  },

  shape: {
    heading: 'Shape',
    '16:9': 'Wide 16:9',
    '9:16': 'Tall 9:16',
    suggested: 'suggested',
  },

  prompt: {
    heading: 'What happens in the video?',
    placeholder: 'The camera moves in slowly as wind stirs the leaves …',
    count: (/** @type {number} */ used, /** @type {number} */ most) =>
      `${number.format(used)} of ${number.format(most)} characters`,
    moves: {
      heading: 'Camera',
      chips: [
        { label: 'Push in', text: 'The camera moves in slowly and smoothly.' },
        { label: 'Pull back', text: 'The camera pulls back slowly and shows more of the scene.' },
        { label: 'Pan', text: 'The camera pans slowly from left to right.' },
        { label: 'Orbit', text: 'The camera circles the subject slowly.' },
        { label: 'Rise', text: 'The camera rises slowly like a drone.' },
        { label: 'Hold still', text: 'The camera does not move.' },
      ],
    },
    ideas: {
      heading: 'Ideas',
      chips: [
        { label: 'Living portrait', text: 'The person breathes, blinks and begins to smile.' },
        { label: 'Golden hour', text: 'Clouds drift by and the light turns golden, as in a time lapse.' },
        { label: 'Wind', text: 'A light wind moves hair, leaves and grass.' },
        { label: 'Water', text: 'The water ripples and glitters in the sun.' },
      ],
    },
  },

  model: 'Model',
  accessCode: 'Access code',
  rememberAccessCode: 'Remember it on this device',
  accessCodeMeaning: 'You need a code to make videos on this site.',
  price: (/** @type {number} */ usd) => `${money.format(usd)} for this video.`,
  promise: (/** @type {number | null} */ usd) =>
    `Your photo becomes a short video in one to three minutes${usd === null ? '' : `, for ${money.format(usd)}`}.`,
  undoMeaning: 'You have 3 seconds to undo.',
  generate: 'Generate',
  taken: 'Your video starts as soon as your photos are ready.',

  obstacles: {
    'no-photo': 'Add a photo first.',
    preparing: 'A photo is still being prepared.',
    'no-prompt': 'Describe what happens in the video.',
    'prompt-too-long': 'The text is too long.',
    'no-access-code': 'Enter the access code.',
  },

  notices: {
    notKept: 'This browser does not let the page keep anything. Copy a video’s link to find it again.',
    notLoaded: 'Part of the page did not load, so nothing was sent. Check your connection and try again.',
    nothingShared: 'The photo did not arrive. Please add it here.',
    setAside: 'What you had begun is kept. It comes back after the next video.',
    restored: 'Your photos and text from last time are back.',
    forgotten: 'This device has forgotten everything.',
    filesWanted: 'Only picture files can be dropped here. Save the picture first, then drop its file.',
    noPhotos: 'The photos are no longer in this browser. Please add them again.',
  },

  history: {
    heading: 'Your videos',
    empty: 'Nothing here yet. Your videos will appear here and stay after a reload.',
  },

  footer: {
    about: 'Photos go to this site and to the video model behind it. A video can only be found by its link.',
  },
}
