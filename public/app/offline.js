/** The page without a network; see service_worker.js. */

import { ownScript } from './own_scripts.js'

const CACHE = 'videogen-page'

/** Keep the page in this browser, with all that it has loaded so far. */
export async function keepPage() {
  try {
    const { serviceWorker } = navigator
    // From the second load on the service worker itself keeps what passes through it.
    if (!serviceWorker || serviceWorker.controller) return
    await serviceWorker.register(ownScript('/service_worker.js'))
    const cache = await caches.open(CACHE)
    // A module that the page and a worker load is listed twice, and a cache takes no list with doubles.
    await cache.addAll(new Set(['/', ...loadedFiles()]))
  } catch {
    // A browser that keeps nothing: the page works as long as there is a network.
  }
}

function loadedFiles() {
  return performance
    .getEntriesByType('resource')
    .map(({ name }) => new URL(name))
    .filter(({ origin, pathname }) => origin === location.origin && !pathname.startsWith('/api/'))
    .map(({ pathname }) => pathname)
}
