/** Takes out of this browser whatever the page has kept in it: for a computer that others use too. */

import { connect, finished } from './database.js'

/** @returns {Promise<boolean>} false where the browser did not let go of something */
export async function forgetDevice() {
  const parts = [
    emptyDatabase,
    emptyCaches,
    endServiceWorker,
    () => emptyStorage(localStorage),
    () => emptyStorage(sessionStorage),
  ]
  const done = await Promise.allSettled(parts.map(async forget => forget()))
  return done.every(({ status }) => status === 'fulfilled')
}

async function emptyDatabase() {
  await connect().use(async database => {
    const names = [...database.objectStoreNames]
    const transaction = database.transaction(names, 'readwrite')
    for (const name of names) transaction.objectStore(name).clear()
    await finished(transaction)
  })
}

async function emptyCaches() {
  if (!('caches' in globalThis)) return
  const names = (await caches.keys()).filter(name => name.startsWith('videogen-'))
  await Promise.all(names.map(name => caches.delete(name)))
}

async function endServiceWorker() {
  const registration = await navigator.serviceWorker?.getRegistration()
  const subscription = await registration?.pushManager?.getSubscription()
  await subscription?.unsubscribe()
  await registration?.unregister()
}

/** @param {Storage} storage */
function emptyStorage(storage) {
  for (const name of Object.keys(storage)) if (name.startsWith('videogen-')) storage.removeItem(name)
}
