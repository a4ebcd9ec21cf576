/** A notification when a video is ready and nobody looks at the page. Only for those who asked for it. */

const CHOICE = 'videogen-notify'

/** Whether the browser could still be asked. */
export function canAsk() {
  return 'Notification' in window && Notification.permission !== 'denied' && !isOn()
}

/** @returns {boolean} */
export function isOn() {
  try {
    return (
      'Notification' in window &&
      Notification.permission === 'granted' &&
      localStorage.getItem(CHOICE) === 'yes'
    )
  } catch {
    return false
  }
}

/** @returns {Promise<boolean>} whether they are on now */
export async function turnOn() {
  const permission = await Notification.requestPermission()
  try {
    if (permission === 'granted') localStorage.setItem(CHOICE, 'yes')
  } catch {
    return false
  }
  return isOn()
}

/**
 * @param {string} title
 * @param {{body: string, tag: string, url: string}} options the tag keeps two tabs from saying it twice
 */
export function notify(title, { body, tag, url }) {
  if (!isOn()) return
  const notification = new Notification(title, { body, tag, icon: '/icon.svg' })
  notification.onclick = () => {
    window.focus()
    location.href = url
    notification.close()
  }
}
