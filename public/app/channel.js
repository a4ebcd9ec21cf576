/** What the tabs of this browser tell one another. */

/**
 * `changed`: a job in the store; `removed`: it is gone; `forgotten`: all is.
 * @typedef {{type: 'changed' | 'removed', key: string} | {type: 'forgotten'}} Message
 */

/**
 * @typedef {object} Channel
 * @property {boolean} isOpen whether the other tabs can be heard
 * @property {(message: Message) => void} post
 * @property {(listener: (message: Message) => void) => void} listen
 */

/**
 * @param {() => BroadcastChannel} [create]
 * @returns {Channel} a silent one where the browser has none or denies it
 */
export function openChannel(create = () => new BroadcastChannel('videogen')) {
  try {
    const channel = create()
    return {
      isOpen: true,
      post: message => channel.postMessage(message),
      listen: listener => channel.addEventListener('message', ({ data }) => listener(data)),
    }
  } catch {
    return { isOpen: false, post() {}, listen() {} }
  }
}
