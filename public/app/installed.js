/** The page as an app on a phone: others share photos with it; service_worker.js has laid those into a cache. */

import { keepPage } from './offline.js'
import { words } from './words.js'

const SHARED = 'videogen-shared'

/**
 * @param {import('./composer_view.js').ComposerView} composer
 * @param {import('./layout.js').Layout} layout
 */
export async function open(composer, layout) {
  // Nothing can be shared with it before the service worker is there.
  void keepPage()
  if (location.search !== '?shared') return
  history.replaceState(null, '', '/')
  const files = await takeShared()
  if (files.length) composer.addFiles(files)
  else layout.say(words.notices.nothingShared)
}

/** @returns {Promise<File[]>} once: they are taken out of the cache */
async function takeShared() {
  try {
    const cache = await caches.open(SHARED)
    const files = (await cache.keys()).map(async request => {
      const blob = await (await cache.match(request))?.blob()
      const name = decodeURIComponent(new URL(request.url).pathname.split('/').at(-1) ?? '')
      return blob ? [new File([blob], name, { type: blob.type })] : []
    })
    const taken = (await Promise.all(files)).flat()
    await caches.delete(SHARED)
    return taken
  } catch {
    return []
  }
}
