/** All words of the page in English. A translation is one more file with the same entries. */

import { localeOf } from '../locale.js'

const language = 'en'
const locale = localeOf(language)
const number = new Intl.NumberFormat(locale)
const percent = new Intl.NumberFormat(locale, { style: 'percent' })
const money = new Intl.NumberFormat(locale, { style: 'currency', currency: 'USD' })
const day = new Intl.DateTimeFormat(locale, { dateStyle: 'medium' })
const moment = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' })
const hour = new Intl.DateTimeFormat(locale, { timeStyle: 'short' })

/** @param {number} seconds */
const span = seconds =>
  seconds < 90
    ? `${number.format(5 * Math.ceil(seconds / 5))} s`
    : `${number.format(Math.ceil(seconds / 30) / 2)} min`

export default {
  language,
  name: 'English',
  direction: 'ltr',

  title: 'videogen: make a photo move',
  tagline: 'Make a photo move.',
  newVideo: 'New video',
  simulator: 'Simulator',
  simulatorMeaning: 'Videos are made by a simulator on this computer. Nothing is bought.',
  chooseLanguage: 'Language',
  skip: 'Skip to the content',

  photos: {
    heading: 'Photos',
    choose: 'Choose photos',
    takePhoto: 'Take a photo',
    add: 'Add a photo',
    kinds: 'JPEG, PNG, WebP and most others.',
    drop: 'Drop a photo here',
    dropOrPaste: 'or paste one. JPEG, PNG, WebP and most others.',
    dropAnywhere: 'Drop to add',
    addMore: 'Add photos',
    preparing: 'Preparing …',
    startFrame: 'Start frame',
    useAsStartFrame: 'Use as start frame',
    remove: 'Remove',
    alt: (/** @type {string} */ name) => `Your photo ${name}`,
    frameAlt: 'The start frame: your photo in its crop',
    others:
      'The video starts from the start frame. The other photos are sent along; the model may use them or not.',
    limit: (/** @type {number} */ count) => `Up to ${count} photos.`,
    cut: (/** @type {number} */ share, /** @type {'sides' | 'top and bottom'} */ edges) =>
      `${percent.format(share)} of the photo is cut off ${edges === 'sides' ? 'at the sides' : 'at the top and bottom'}.`,
    notCut: 'Nothing is cut off.',
  },

  photoProblems: {
    'too-many': (/** @type {string} */ name) => `${name} was left out: there is no room for more photos.`,
    'too-large': (/** @type {string} */ name) => `${name} is too large, even after it was scaled down.`,
    heic: (/** @type {string} */ name) =>
      `${name} is a HEIC photo, which this browser cannot open. Export it as JPEG, or open this page in Safari. On an iPhone: Settings, Camera, Formats, Most Compatible.`,
    'not-loaded': (/** @type {string} */ name) =>
      `${name} could not be prepared: a part of this page could not be loaded. Check the network and add it again.`,
    unreadable: (/** @type {string} */ name) => `${name} cannot be opened as a photo.`,
  },

  shape: {
    heading: 'Shape',
    '16:9': 'Wide 16:9',
    '9:16': 'Tall 9:16',
    auto: 'As the photo',
    suggested: 'suggested',
    autoMeaning: 'The whole photo is sent; the model decides on the shape.',
  },

  prompt: {
    heading: 'What happens in the video?',
    placeholder: 'The camera moves in slowly, wind in the leaves …',
    examples: 'Examples',
    count: (/** @type {number} */ used, /** @type {number} */ most) =>
      `${number.format(used)} of ${number.format(most)} characters`,
    chips: [
      {
        label: 'Slow push in',
        text: 'The camera moves in slowly and smoothly. Light wind in hair and leaves, everything else stays still.',
      },
      {
        label: 'Living portrait',
        text: 'The person breathes, blinks and begins to smile. The camera does not move.',
      },
      {
        label: 'Golden hour',
        text: 'Clouds drift by and the light turns to golden hour, as in a time lapse. The camera stands still.',
      },
      {
        label: 'Rise above',
        text: 'The camera rises slowly like a drone and shows what lies behind, calm and steady.',
      },
      { label: 'Water moves', text: 'The water ripples and glitters in the sun. Nothing else moves.' },
    ],
  },

  model: 'Model',
  accessCode: 'Access code',
  accessCodeMeaning: 'This site asks for a code before it makes a video.',
  price: (/** @type {number} */ usd) => `${money.format(usd)} for this video.`,
  undoMeaning: 'You have 3 seconds to undo.',
  generate: 'Generate',
  taken: 'Got it. It starts as soon as your photos are ready.',

  obstacles: {
    'no-photo': 'Add a photo first.',
    preparing: 'A photo is still being prepared.',
    'photos-too-large': 'The photos are too large together. Remove one.',
    'no-prompt': 'Say what happens in the video.',
    'prompt-too-long': 'The text is too long.',
    'no-access-code': 'Enter the access code.',
  },

  stages: { heading: 'Progress', done: 'done' },

  /** What each state is called: in the list of stages, on the photo and in the history. */
  states: {
    held: 'Starting',
    uploading: 'Uploading',
    queued: 'Queued',
    rendering: 'Rendering',
    saving: 'Saving',
    completed: 'Ready',
    failed: 'Failed',
    canceled: 'Canceled',
    refused: 'Not started',
    missing: 'Not found',
    erased: 'Erased',
  },

  headlines: {
    held: 'Starting in a moment',
    uploading: 'Uploading your photo',
    sending: 'Sending your request',
    waitingForNetwork: 'Waiting for the network',
    canceling: 'Canceling …',
    queued: 'In the queue',
    rendering: 'Making your video',
    rescuing: 'Fetching your video',
    saving: 'Saving your video',
    completed: 'Your video is ready',
    failed: 'No video this time',
    canceled: 'Canceled',
    refused: 'The video was not started',
    missing: 'There is no such video',
    erased: 'Erased everywhere',
  },

  details: {
    held: (/** @type {number} */ seconds) => `It is sent in ${seconds} s. Until then, Undo costs nothing.`,
    uploading: (/** @type {number} */ share) => `${percent.format(share)} uploaded.`,
    sendingAgain: (/** @type {number} */ seconds) =>
      `The site did not answer. Trying again in ${seconds} s. It can only be started once.`,
    offline: 'There is no network. It goes on by itself as soon as there is.',
    queued: 'A worker will take it in a moment. Nothing has been bought yet.',
    rendering: 'There is no preview while it is made. You may close this page: the video is kept.',
    rescuing: 'It has been made and paid for already, and is only being saved.',
    saving: 'It is made, and is being copied to this site.',
    silent: (/** @type {Date} */ since) =>
      `The site has not answered since ${hour.format(since)}. Still trying.`,
    keptUntil: (/** @type {Date} */ until) => `Kept until ${day.format(until)}.`,
    missing: 'The link is not complete, or the video has been deleted.',
    erased: (/** @type {Date} */ at) => `Photos, text and video were deleted on ${moment.format(at)}.`,
  },

  time: {
    elapsed: 'Elapsed',
    took: (/** @type {string} */ clock) => `Made in ${clock}.`,
    left: (/** @type {number} */ low, /** @type {number} */ high) =>
      low < 5 ? `up to ${span(high)} left` : `about ${span(low)} to ${span(high)} left`,
    overdue: (/** @type {number} */ usual) => `longer than usual; nine of ten take up to ${span(usual)}`,
    unknown: 'usually one to three minutes',
    moment: (/** @type {Date} */ at) => moment.format(at),
  },

  charged: {
    no: 'Nothing was charged.',
    yes: 'It was charged.',
    unknown: 'It may have been charged.',
  },

  /** Why a job failed, by the code of its failure; what it cost is said beside it. */
  failures: /** @type {Record<string, string>} */ ({
    expired: 'It could not be started in time. Please try again.',
    worker_unreachable: 'The part of this site that makes videos could not be reached. Please try again.',
    photo_unreadable: 'A photo could not be read. Please take another one.',
    store_unsafe: 'The storage of this site is not set up safely. Please tell its operator.',
    misconfigured: 'This site is not set up completely. Please tell its operator.',
    provider_busy: 'The video provider is busy. Please try again in a few minutes.',
    provider_unreachable: 'The video provider could not be reached. Please try again later.',
    content_refused: 'The video provider refused this photo or text. Please change one of them.',
    provider_account:
      'The account of this site at the video provider does not work. Please tell its operator.',
    provider_rejected:
      'The video provider could not make a video from this. Please change the photo, the text or the model.',
    outcome_unknown: 'The video provider gave no clear answer. If the video still comes, it appears here.',
    no_video: 'The video provider answered without a video.',
    video_gone: 'The video was made, but the provider had deleted it before it could be saved.',
    video_refused: 'The provider sent a file that is not a video which this site can keep.',
    save_failed: 'The video was made, but it could not be saved.',
    canceled: 'This video was canceled.',
  }),
  rescueMeaning: 'Saving it again is free while the provider still has it, for about an hour.',

  /** Why a request was refused, by the code of the problem. */
  problems: /** @type {Record<string, string>} */ ({
    access_code: 'The access code is not right. Edit to enter it again.',
    daily_limit: 'This site makes no more videos today.',
    job_erased: 'That video has been erased.',
    photos_gone: 'The photos of that video are no longer kept. Please add them again.',
    job_running: 'That video is still being made.',
    owner_token: 'Only the browser that started that video can do this.',
    idempotency_key_reused: 'This request was sent before with other contents. Edit to send it as a new one.',
    unsupported_photo: 'The site does not take this kind of photo.',
    too_large: 'The photos are too large for this site.',
    invalid_input: 'The site does not accept this request.',
    misconfigured: 'This site is not set up completely. Please tell its operator.',
    storage_unavailable: 'The storage of this site does not answer. Please try again in a few minutes.',
  }),
  /** The same where an answer has no known code. */
  refusals: {
    photos: 'The photos can no longer be read from this browser. Edit to add them again.',
    tooLarge: 'The photos are too large for this site.',
    tooMany: 'The site gets too many requests now.',
    other: 'The site does not accept this request.',
    network: 'The site could not be reached.',
    server: 'The site has a problem. Please try again in a few minutes.',
  },
  opensAgain: (/** @type {number} */ milliseconds) => `Try again in ${span(milliseconds / 1000)}.`,
  opensAgainAt: (/** @type {Date} */ at) => `Try again after ${moment.format(at)}.`,

  actions: {
    undo: 'Undo',
    cancel: 'Cancel',
    save: 'Download',
    saveToDevice: 'Save or share',
    saveReady: 'Ready: save now',
    share: 'Copy link',
    retry: 'Try again',
    rescue: 'Save it again, free',
    edit: 'Edit and make another',
    delete: 'Delete …',
    checkNow: 'Ask now',
    notify: 'Tell me when it is ready',
  },

  notices: {
    notKept: 'This browser keeps nothing for this page. Copy the link of a video to find it again.',
    notLoaded: 'The page could not be loaded completely. Nothing was sent: check the network and try again.',
    restored: 'Your photos and your text from last time are back.',
    linkCopied: 'Link copied. Whoever has it can watch the video.',
    link: (/** @type {string} */ link) => `The link: ${link}`,
    removed: 'Removed from this browser.',
    erased: 'Erased everywhere.',
    eraseFailed: 'It could not be erased. Please try again.',
    takenBack: 'Taken back. Nothing was sent.',
    notified: 'You will be told when it is ready.',
    notifyRefused: 'This browser does not allow notifications for this page.',
    noPhotos: 'The photos are no longer in this browser. Please add them again.',
  },

  cancelDialog: {
    heading: 'Cancel this video?',
    queued: 'Nothing has been bought yet. A cancel now most likely costs nothing.',
    rendering:
      'The provider is making it already and cannot be stopped. The video is thrown away, and may still be charged.',
    confirm: 'Cancel the video',
    keep: 'Keep going',
  },

  deleteDialog: {
    heading: 'Delete this video?',
    here: 'Remove from this browser',
    hereMeaning: 'It disappears from your list. Whoever has the link can still watch it.',
    everywhere: 'Erase everywhere',
    everywhereMeaning: 'Photos, text and video are deleted from this site for good. The link stops working.',
    keep: 'Keep it',
  },

  history: {
    heading: 'Your videos',
    empty: 'Nothing here yet. Your videos will appear here, and stay after a reload.',
    more: 'Show more',
    noPrompt: 'Video by link',
  },

  job: {
    prompt: 'Text',
    photos: 'Photos',
    created: 'Started',
    link: 'Link',
    photoAlt: 'Your photo',
    video: 'Your video',
  },

  tab: {
    ready: (/** @type {string} */ rest) => `✓ Ready | ${rest}`,
    ended: (/** @type {string} */ rest) => `✕ Ended | ${rest}`,
    underWay: (/** @type {string} */ state, /** @type {string} */ rest) => `${state} … | ${rest}`,
  },

  notification: {
    ready: 'Your video is ready',
    ended: 'Your video has ended without a result',
  },

  footer: {
    about: 'The photos go to this site and to the video model behind it. A video is found only by its link.',
  },
}
