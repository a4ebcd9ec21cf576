/** What the engine uses of the browser. Tests hand in their own. */

import { openChannel } from './channel.js'
import { clock } from './clock.js'
import { locks } from './locks.js'

/**
 * @typedef {object} Presence
 * @property {() => boolean} isHidden nobody looks at the tab
 * @property {() => boolean} isOnline
 * @property {(event: 'online' | 'offline' | 'visibilitychange', listener: () => void) => void} on
 * @property {(event: 'online', listener: () => void) => void} off
 */

/** @type {Presence} */
const presence = {
  isHidden: () => document.hidden,
  isOnline: () => navigator.onLine,
  // A document's event of this kind bubbles to the window.
  on: (event, listener) => addEventListener(event, listener),
  off: (event, listener) => removeEventListener(event, listener),
}

export const platform = { clock, presence, locks: locks(), channel: openChannel() }
