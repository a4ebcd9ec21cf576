/**
 * Keeps the page itself for browsers that have jobs, so that a reload without a network still shows where they
 * stand; and opens a job from its notification. What the network gives always goes first.
 */

const CACHE = 'videogen-page'
const worker = /** @type {any} */ (self)

worker.addEventListener('install', () => worker.skipWaiting())
worker.addEventListener('activate', (/** @type {any} */ event) => event.waitUntil(worker.clients.claim()))

worker.addEventListener('fetch', (/** @type {any} */ event) => {
  const { method, url } = /** @type {Request} */ (event.request)
  const { origin, pathname } = new URL(url)
  const isFunction = pathname.startsWith('/api/') || pathname.startsWith('/.netlify/')
  if (method === 'GET' && origin === location.origin && !isFunction)
    event.respondWith(freshOrKept(event.request))
})

/** @param {Request} request */
async function freshOrKept(request) {
  const cache = await caches.open(CACHE)
  try {
    const response = await fetch(request)
    if (response.status === 200) await cache.put(request, response.clone())
    return response
  } catch (error) {
    const kept = await cache.match(request)
    if (kept) return kept
    throw error
  }
}

worker.addEventListener('notificationclick', (/** @type {any} */ event) => {
  event.notification.close()
  event.waitUntil(show(event.notification.data.url))
})

/** @param {string} url of the job: shown by the tab that shows it already, by any of the page's, or by a new one */
async function show(url) {
  const tabs = await worker.clients.matchAll({ type: 'window' })
  const open = tabs.find((/** @type {any} */ tab) => tab.url === url) ?? tabs[0]
  if (!open) return worker.clients.openWindow(url)
  await open.focus()
  return open.navigate(url)
}
