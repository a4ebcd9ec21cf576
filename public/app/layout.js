/** What stands around the form and the jobs: header, footer, and the voice of the page. */

import { el, setText } from './dom.js'
import { setPreference } from './preferences.js'
import { LANGUAGES, words } from './words.js'

/** How long a notice stays, in ms. */
const NOTICE_MS = 8_000
/** The address of the form; any that names no job would do. */
export const FORM = '#new'

/**
 * @param {{isSimulated: boolean, onReload: () => void}} options reload: the page comes back in another language
 */
export function createLayout({ isSimulated, onReload }) {
  const stageVoice = el('p', { class: 'visually-hidden', role: 'status' })
  const notice = el('p', { class: 'notice', role: 'status', onclick: hideNotice })
  const newVideo = el('a', { class: 'button is-small new-video', href: FORM, hidden: true }, words.newVideo)
  const historyHeading = el('h2', { id: 'history-heading', tabindex: -1 }, words.history.heading)
  const history = el(
    'section',
    { class: 'history', 'aria-labelledby': 'history-heading' },
    historyHeading,
    el('p', { class: 'hint' }, words.history.empty),
  )
  const main = el('main', { id: 'content', tabindex: -1 }, history)
  const language = el(
    'select',
    {
      'aria-label': words.chooseLanguage,
      onchange() {
        if (setPreference('language', language.value)) {
          onReload()
          location.reload()
        } else {
          // The page would come back in the old one, and perhaps without its form.
          language.value = words.language
          say(words.notices.notKept)
        }
      },
    },
    ...Object.entries(LANGUAGES).map(([value, { name }]) =>
      el('option', { value, lang: value, selected: value === words.language }, name),
    ),
  )
  // The header is in the document from the start, so that something is there while the rest is loaded.
  const header = document.querySelector('header')
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let noticeTimer

  /**
   * Show a notice for a while, and say it. A press takes it away.
   * @param {string} text
   * @param {string} [href] where a press leads
   */
  function say(text, href) {
    notice.replaceChildren(href ? el('a', { href, dir: 'auto' }, text) : text)
    notice.classList.add('is-shown')
    clearTimeout(noticeTimer)
    noticeTimer = setTimeout(hideNotice, NOTICE_MS)
  }

  function hideNotice() {
    clearTimeout(noticeTimer)
    notice.classList.remove('is-shown')
    notice.replaceChildren()
  }

  /** @param {Event} event */
  function skip(event) {
    // The address names the job that is shown: a jump within the page must not change it.
    event.preventDefault()
    main.focus()
  }

  document.documentElement.lang = words.language
  document.documentElement.dir = words.direction
  document.title = words.title
  header?.before(el('a', { class: 'skip', href: '#content', onclick: skip }, words.skip))
  const badge = el('span', { class: 'badge', title: words.simulatorMeaning }, words.simulator)
  badge.hidden = !isSimulated
  header?.append(badge, newVideo)
  const foot = el('footer', { class: 'foot' }, el('p', {}, words.footer.about), language)
  const elements = [
    main,
    foot,
    el('p', { class: 'drop-anywhere', 'aria-hidden': 'true' }, words.photos.dropAnywhere),
    stageVoice,
    notice,
  ]

  return {
    elements,
    main,
    history,
    historyHeading,
    foot,
    newVideo,
    badge,
    say,

    /**
     * Say something to those who cannot see it happen.
     * @param {string} text
     */
    announce(text) {
      setText(stageVoice, text)
    },
  }
}

/** @typedef {ReturnType<typeof createLayout>} Layout */
