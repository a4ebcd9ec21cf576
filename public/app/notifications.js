/** A notification when a video is ready and nobody looks at the page. Only for those who asked for it. */

import { preference, setPreference } from './preferences.js'

/** Whether the browser could still be asked. */
export function canAsk() {
  return 'Notification' in window && Notification.permission !== 'denied' && !isOn()
}

/** Whether the person asked for them, and the browser allows them. */
export function isOn() {
  return 'Notification' in window && Notification.permission === 'granted' && preference('notify') === 'yes'
}

/** @returns {Promise<boolean>} whether they are on now */
export async function turnOn() {
  if ((await Notification.requestPermission()) === 'granted') setPreference('notify', 'yes')
  return isOn()
}

/**
 * Where the site can reach this browser when no page is open.
 * @param {string} applicationServerKey the site's public key
 * @returns {Promise<PushSubscriptionJSON | null>} null where this browser has no push service, or its own fails
 */
export async function subscription(applicationServerKey) {
  try {
    const { serviceWorker } = navigator
    // Where none could be registered, `ready` would be waited for in vain.
    if (!(await serviceWorker.getRegistration())) return null
    const { pushManager } = await serviceWorker.ready
    const found = await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey })
    return found.toJSON()
  } catch {
    return null
  }
}

/**
 * @param {string} title
 * @param {{body: string, tag: string, url: string}} options the tag keeps two tabs from saying it twice
 */
export async function notify(title, { body, tag, url }) {
  if (!isOn()) return
  const options = { body, tag, icon: '/icon.svg', data: { url } }
  try {
    const registration = await navigator.serviceWorker?.getRegistration()
    // Phones show nothing else; a press on it goes to service_worker.js.
    if (registration) return await registration.showNotification(title, options)
  } catch {
    // A browser that denies service workers may still show one itself.
  }
  const notification = new Notification(title, options)
  notification.onclick = () => {
    window.focus()
    location.href = url
    notification.close()
  }
}
