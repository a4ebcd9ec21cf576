/** Locks that all tabs of this browser share, where the browser has them and allows them. */

/** @typedef {Pick<LockManager, 'request'>} Locks */

/** @returns {Locks | null} null over plain http, and where the browser denies even to look */
export function locks() {
  try {
    return navigator.locks ?? null
  } catch {
    return null
  }
}

/**
 * Do `work` while no other tab does work of this name. Where locks are missing or denied (cookies blocked), this
 * tab is taken for the only one.
 * @param {Locks | null} manager
 * @param {string} name
 * @param {() => Promise<void>} work
 */
export async function exclusively(manager, name, work) {
  let hasBegun = false
  const begin = () => {
    hasBegun = true
    return work()
  }
  if (!manager) return work()
  try {
    return await manager.request(name, begin)
  } catch (error) {
    if (hasBegun) throw error
    return work()
  }
}
