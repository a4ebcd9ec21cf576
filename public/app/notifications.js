/** A notification when a video is ready and nobody looks at the page. Only for those who asked for it. */

import { preference, setPreference } from './preferences.js'

/** Whether the browser could still be asked. */
export function canAsk() {
  return 'Notification' in window && Notification.permission !== 'denied' && !isOn()
}

function isOn() {
  return 'Notification' in window && Notification.permission === 'granted' && preference('notify') === 'yes'
}

/** @returns {Promise<boolean>} whether they are on now */
export async function turnOn() {
  if ((await Notification.requestPermission()) === 'granted') setPreference('notify', 'yes')
  return isOn()
}

/**
 * @param {string} title
 * @param {{body: string, tag: string, url: string}} options the tag keeps two tabs from saying it twice
 */
export async function notify(title, { body, tag, url }) {
  if (!isOn()) return
  const options = { body, tag, icon: '/icon.svg', data: { url } }
  const registration = await navigator.serviceWorker?.getRegistration()
  if (registration) {
    // Phones show nothing else; a press on it goes to service_worker.js.
    await registration.showNotification(title, options)
    return
  }
  const notification = new Notification(title, options)
  notification.onclick = () => {
    window.focus()
    location.href = url
    notification.close()
  }
}
