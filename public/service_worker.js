/**
 * Keeps the page itself for browsers that have jobs, so that a reload without a network still shows where they
 * stand; and opens a job from its notification. What the network gives always goes first.
 */

const CACHE = 'videogen-page'
/** Photos that another app has shared, until the form takes them; see app/installed.js. */
const SHARED = 'videogen-shared'
const worker = /** @type {any} */ (self)

worker.addEventListener('install', () => worker.skipWaiting())
worker.addEventListener('activate', (/** @type {any} */ event) => event.waitUntil(worker.clients.claim()))

worker.addEventListener('fetch', (/** @type {any} */ event) => {
  const { method, url } = /** @type {Request} */ (event.request)
  const { origin, pathname } = new URL(url)
  const isFunction = pathname.startsWith('/api/') || pathname.startsWith('/.netlify/')
  if (method === 'POST' && origin === location.origin && pathname === '/share')
    event.respondWith(takeShared(event.request))
  if (method === 'GET' && origin === location.origin && !isFunction) event.respondWith(freshOrKept(event))
})

/** @param {any} event */
async function freshOrKept(event) {
  const { request } = event
  /** @type {Response} */
  let response
  try {
    response = await fetch(request)
  } catch (error) {
    const kept = await keptAnswer(request)
    if (kept) return kept
    throw error
  }
  // Whatever the cache does (full, denied, slow), the page gets what the network gave.
  if (response.status === 200) event.waitUntil(keep(request, response.clone()))
  return response
}

/**
 * Lay the photos that another app has shared where the form finds them, and open it.
 * @param {Request} request
 */
async function takeShared(request) {
  try {
    const cache = await caches.open(SHARED)
    const files = (await request.formData()).getAll('photos').filter(one => one instanceof File)
    await Promise.all(
      files.map((file, index) =>
        cache.put(`/shared/${index}/${encodeURIComponent(file.name)}`, new Response(file)),
      ),
    )
  } catch {
    // The form opens all the same, and says that there is no photo.
  }
  return Response.redirect('/?shared', 303)
}

/** @param {Request} request */
async function keptAnswer(request) {
  try {
    return await caches.match(request, { cacheName: CACHE, ignoreSearch: true })
  } catch {
    return undefined
  }
}

/**
 * @param {Request} request
 * @param {Response} response
 */
async function keep(request, response) {
  try {
    await (await caches.open(CACHE)).put(request, response)
  } catch (error) {
    // Without room for the new files the old ones go too: a page needs all of one version.
    if (error instanceof DOMException && error.name === 'QuotaExceededError') await caches.delete(CACHE)
  }
}

/** What a push says, as in app/words; a classic script cannot import those. */
const ENDS = {
  en: { completed: 'Your video is ready', other: 'Your video could not be made' },
  de: { completed: 'Dein Video ist fertig', other: 'Dein Video konnte nicht erstellt werden' },
}

worker.addEventListener('push', (/** @type {any} */ event) => {
  const { jobId, status } = event.data.json()
  const words = worker.navigator.language.startsWith('de') ? ENDS.de : ENDS.en
  const url = new URL(`/#${jobId}`, location.origin).href
  // The tag is the page's: where both tell, the person is told once.
  const options = { tag: jobId, icon: '/icon.svg', data: { url } }
  const title = status === 'completed' ? words.completed : words.other
  event.waitUntil(worker.registration.showNotification(title, options))
})

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
