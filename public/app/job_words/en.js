/** The words about jobs in English. A translation is one more file with the same entries. */

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
const minutes = seconds => number.format(Math.max(1, Math.ceil(seconds / 60)))

export default {
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
    rescuing: 'Retrieving your video',
    saving: 'Saving your video',
    completed: 'Your video is ready',
    failed: 'No video this time',
    canceled: 'Canceled',
    refused: 'The video was not started',
    missing: 'Video not found',
    erased: 'Erased everywhere',
  },

  details: {
    held: (/** @type {number} */ seconds) => `Sending in ${seconds} s. Until then, Undo is free.`,
    uploading: (/** @type {number} */ share) => `${percent.format(share)} uploaded.`,
    sendingAgain: (/** @type {number} */ seconds) =>
      `The site did not answer. Trying again in ${seconds} s. It will not be started twice.`,
    offline: 'You are offline. This continues by itself when you are back online.',
    queued: 'It will be picked up in a moment. Nothing has been bought yet.',
    queuedSince: 'It will be picked up in a moment, if it has not been already.',
    rendering: 'There is no preview. You can close this page: the video will be here when you come back.',
    rescuing: 'It has already been made and paid for. It only needs to be saved.',
    saving: 'It has been made and is being copied to this site.',
    silent: (/** @type {Date} */ since) =>
      `The site has not answered since ${hour.format(since)}. Still trying.`,
    keptUntil: (/** @type {Date} */ until) => `Kept until ${day.format(until)}.`,
    unplayable: 'This browser cannot play the video. Download it to watch it.',
    mayStillCome: 'If the video still arrives, it appears here.',
    missing: 'The link is incomplete, or the video has been deleted.',
    erased: (/** @type {Date} */ at) => `Photos, text and video were deleted on ${moment.format(at)}.`,
  },

  time: {
    elapsed: 'Elapsed',
    took: (/** @type {string} */ clock) => `Made in ${clock}.`,
    left: (/** @type {number} */ low, /** @type {number} */ high) =>
      low < 30
        ? `up to ${minutes(high)} min left`
        : minutes(low) === minutes(high)
          ? `about ${minutes(high)} min left`
          : `${minutes(low)}–${minutes(high)} min left`,
    overdue: (/** @type {number} */ usual) =>
      `longer than usual: nine in ten take up to ${minutes(usual)} min`,
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
    photo_unreadable: 'A photo could not be read. Please choose another one.',
    store_unsafe: 'The storage of this site is not set up securely. Please tell its operator.',
    misconfigured: 'This site is not fully set up. Please tell its operator.',
    provider_busy: 'The video provider is busy. Please try again in a few minutes.',
    provider_unreachable: 'The video provider could not be reached. Please try again later.',
    content_refused: 'The video provider refused this photo or text. Please change one of them.',
    provider_account: 'This site’s account with the video provider is not working. Please tell its operator.',
    provider_rejected:
      'The video provider could not make a video from this. Please change the photo, the text or the model.',
    outcome_unknown: 'The video provider gave no clear answer.',
    no_video: 'The video provider did not return a video.',
    video_gone: 'The video was made, but the provider deleted it before it could be saved.',
    video_refused: 'The provider sent a file that this site cannot keep as a video.',
    save_failed: 'The video was made, but it could not be saved.',
    canceled: 'This video was canceled.',
  }),
  rescueMeaning: 'Saving it again is free while the provider still has it, for about an hour.',

  /** Why a request was refused, by the code of the problem. */
  problems: /** @type {Record<string, string>} */ ({
    access_code: 'The access code is wrong. Choose Edit to enter it again.',
    daily_limit: 'This site has reached its limit of videos for today.',
    paused: 'This site is paused: no video can be started right now.',
    job_erased: 'That video has been erased.',
    photos_gone: 'The photos of that video are no longer kept. Please add them again.',
    job_running: 'That video is still being made.',
    rescues_used_up: 'This video could not be saved several times. Please start a new one.',
    owner_token: 'Only the browser that started that video can do this.',
    idempotency_key_reused:
      'This request was already sent with different content. Choose Edit to send it as a new one.',
    unsupported_photo: 'This site does not accept this kind of photo.',
    misconfigured: 'This site is not fully set up. Please tell its operator.',
    storage_unavailable: 'The storage of this site is not responding. Please try again in a few minutes.',
  }),
  /** The same where the code is none of these, or there is none: the status tells. */
  refusals: {
    photos: 'This browser can no longer read the photos. Choose Edit to add them again.',
    tooLarge: 'The photos are too large for this site.',
    tooMany: 'This site is getting too many requests right now.',
    other: 'The site did not accept this request.',
    network: 'The site could not be reached.',
    server: 'The site has a problem. Please try again in a few minutes.',
  },
  opensAgain: (/** @type {string} */ left) => `You can try again in ${left}.`,
  opensAgainAt: (/** @type {string} */ left, /** @type {Date} */ at) =>
    `You can try again in ${left}, at ${moment.format(at)}.`,

  actions: {
    undo: 'Undo',
    cancel: 'Cancel',
    save: 'Download',
    saveToDevice: 'Save or share',
    saveReady: 'Ready: save now',
    share: 'Share',
    retry: 'Try again',
    rescue: 'Save again for free',
    edit: 'Edit',
    change: 'Change photo or text',
    continue: 'Continue',
    another: 'Another take',
    withPrice: (/** @type {string} */ label, /** @type {number} */ usd) => `${label}, ${money.format(usd)}`,
    more: 'More',
    soundOn: 'Sound on',
    delete: 'Delete …',
    checkNow: 'Check now',
    notify: 'Tell me when it is ready',
  },

  cancelDialog: {
    heading: 'Cancel this video?',
    queued: 'Nothing has been bought yet. Canceling now should cost nothing.',
    queuedSince: 'It may have been bought by now. If so, the video is thrown away and may still be charged.',
    rendering:
      'The provider is already making it and cannot be stopped. The video will be thrown away and may still be charged.',
    confirm: 'Cancel the video',
    keep: 'Keep going',
  },

  visitor: {
    headlines: /** @type {Record<string, string>} */ ({
      rendering: 'This video is being made',
      saving: 'This video is being saved',
      completed: 'A photo that moves',
      failed: 'This video could not be made',
      erased: 'This video has been erased',
    }),
    ended: 'There is nothing to watch under this link.',
    newVideo: 'Make your own',
    video: 'The video',
  },

  shareDialog: {
    heading: 'Share this video',
    meaning: 'Whoever has the link can watch the video.',
    withText: 'Show my text, too',
    share: 'Share the link',
    copy: 'Copy the link',
    keep: 'Close',
  },

  forgetDialog: {
    ask: 'Forget everything on this device …',
    heading: 'Forget everything on this device?',
    meaning:
      'Your list of videos, photos, texts, access code and notifications are removed from this browser. The videos ' +
      'stay on the site until they expire, and nobody can cancel or erase them any more. To erase one for good, ' +
      'use Delete first.',
    confirm: 'Forget everything',
    keep: 'Keep it',
    failed: 'This browser did not remove everything. Clear this site’s data in the browser’s settings.',
  },

  deleteDialog: {
    heading: 'Delete this video?',
    here: 'Remove from this browser',
    hereMeaning: 'It disappears from your list. Anyone who has the link can still watch it.',
    everywhere: 'Erase everywhere',
    everywhereMeaning:
      'Photos, text and video are permanently deleted from this site. The link stops working.',
    keep: 'Keep it',
  },

  history: {
    more: 'Show more',
    noPrompt: 'Video by link',
    search: 'Search your videos',
    onlyFavorites: 'Favorites only',
    noMatch: 'No video matches.',
    favorite: 'Favorite',
    favor: 'Add to favorites',
    unfavor: 'Remove from favorites',
  },

  job: {
    facts: 'Details',
    wholePrompt: 'Show all of the text',
    lessPrompt: 'Show less',
    photos: 'Photos',
    created: 'Started',
    link: 'Link',
    photoAlt: 'Your photo',
    video: 'Your video',
  },

  tab: {
    ready: (/** @type {string} */ rest) => `✓ Ready | ${rest}`,
    ended: (/** @type {string} */ rest) => `✕ Failed | ${rest}`,
    underWay: (/** @type {string} */ state, /** @type {string} */ rest) => `${state} … | ${rest}`,
  },

  notices: {
    linkCopied: 'Link copied. Anyone who has it can watch the video.',
    link: (/** @type {string} */ link) => `The link: ${link}`,
    removed: 'Removed from this browser.',
    removeFailed: 'This browser did not remove it. Please reload the page and try again.',
    erased: 'Erased everywhere.',
    eraseFailed: 'It could not be erased. Please try again.',
    offerChanged:
      'This site has just changed its price or its terms, so nothing was sent. Look at them, then press again.',
    eraseUnknown:
      'Another tab has removed it from this browser. The site did not say whether it is erased everywhere.',
    takenBack: 'Undone. Nothing was sent.',
    notified: 'You will be told when it is ready, while this page is open.',
    notifiedAnywhere: 'You will be told when it is ready. You can close this page.',
    notifyRefused: 'This browser does not allow notifications for this page.',
    cannotContinue:
      'Continue needs to read the video, and the storage of this site does not allow that. Download it instead.',
  },

  notification: {
    ready: 'Your video is ready',
    ended: 'Your video could not be made',
  },
}
