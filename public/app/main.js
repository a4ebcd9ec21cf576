/**
 * Starts the page. The form comes first; what deals with jobs is loaded when it is needed.
 */

import { openChannel } from './channel.js'
import { clock } from './clock.js'
import { createComposerView } from './composer_view.js'
import { loadConfig } from './config.js'
import { inTime } from './database.js'
import { loadStyle } from './dom.js'
import { takePhotosFromAnywhere } from './drop.js'
import { createLayout, FORM } from './layout.js'
import { keepAccessCode } from './preferences.js'
import { words } from './words.js'

/** What people do first: by the time they press Generate the rest has come. */
const FIRST_SIGNS = [
  'pointerdown',
  'keydown',
  'input',
  'change',
  'dragenter',
  'paste',
  'hashchange',
  'storage',
]

const isShared = location.search === '?shared'
const config = await loadConfig()
const layout = createLayout({ isSimulated: config.simulated, onReload: () => composer.keepCode() })
const composer = createComposerView({
  config,
  async onGenerate(draft) {
    try {
      const [page, ready] = await Promise.all([loadJobsPage(), draft])
      return await page.submit(ready)
    } catch {
      layout.say(words.notices.notLoaded)
      return false
    }
  },
  onRestore(isPart) {
    if (!isShared) layout.say(isPart ? words.notices.noPhotos : words.notices.restored)
  },
  onSetAside: () => layout.say(words.notices.setAside),
})
layout.main.prepend(composer.element)

/** @type {Promise<import('./jobs_page.js').JobsPage> | null} */
let jobsPage = null

function loadJobsPage() {
  jobsPage ??= Promise.all([import('./jobs_page.js'), loadStyle('/jobs.css')]).then(([{ openJobsPage }]) =>
    openJobsPage({ config, composer, layout }),
  )
  const loading = jobsPage
  loading.catch(() => {
    jobsPage = null
  })
  return loading
}

takePhotosFromAnywhere({
  onFiles(files) {
    if (composer.element.hidden) location.hash = FORM
    composer.addFiles(files)
  },
  onOther: () => layout.say(words.notices.filesWanted),
})
// Who has jobs sees them at once, not the form first.
const isKnown = await hasUsedThePage()
if (isKnown || location.hash.length > 1) {
  await loadJobsPage().catch(() => layout.say(words.notices.notLoaded))
}
document.body.append(...layout.elements)
if (isKnown) void composer.restore()
if (isShared || matchMedia('(display-mode: standalone)').matches)
  import('./installed.js').then(({ open }) => open(composer, layout)).catch(() => {})
const load = () => loadJobsPage().catch(() => {})
for (const sign of FIRST_SIGNS) addEventListener(sign, load, { once: true })
openChannel().listen(({ type }) => {
  if (type !== 'forgotten') return void load()
  // Each tab has its own.
  keepAccessCode('', false)
  location.replace('/?forgotten')
})
if (location.search === '?forgotten') {
  // Said once: a link copied from this page must not carry it along.
  history.replaceState(null, '', '/')
  layout.say(words.notices.forgotten)
}

/**
 * Whether this browser may have jobs, or a form that was begun. The database itself is asked: a mark in
 * localStorage is written to the disk seconds later, and lost in a crash right after Generate.
 */
async function hasUsedThePage() {
  try {
    return (await inTime(indexedDB.databases(), clock, 1_000)).length > 0
  } catch {
    return true
  }
}
