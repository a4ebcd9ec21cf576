/** Which tab of this browser asks for the jobs' states: the one that was looked at last. */

const LOCK = 'videogen-poll'

/**
 * @param {{locks: import('./locks.js').Locks | null, hasOthers: boolean, onChange: (isLeading: boolean) => void}} options
 *   hasOthers: whether the tabs hear one another; a tab that hears nobody leads itself
 */
export function createLeader({ locks, hasOthers, onChange }) {
  let isLeading = false
  /** @type {AbortController | null} */
  let queue = null

  function begin() {
    isLeading = true
    onChange(true)
  }

  /**
   * Lead at once, by taking over, or when the tab that leads now is closed.
   * @param {{takeOver: boolean}} how
   */
  function lead({ takeOver }) {
    if (isLeading) return
    queue?.abort()
    const turn = new AbortController()
    queue = turn
    if (!locks || !hasOthers) {
      begin()
      return
    }
    const holding = () => {
      begin()
      return new Promise(() => {})
    }
    const options = takeOver ? { steal: true } : { signal: turn.signal }
    // Wrapped, since a browser may also throw where it should reject.
    Promise.resolve()
      .then(() => locks.request(LOCK, options, holding))
      .catch(() => {
        if (turn !== queue) return
        // It was taken over by another tab; or, where it never began, the browser denies locks.
        if (!isLeading) return begin()
        isLeading = false
        onChange(false)
        lead({ takeOver: false })
      })
  }

  return lead
}
