/** Photos may be dropped anywhere on the page, or pasted. */

/** @param {(files: File[]) => void} onFiles */
export function takePhotosFromAnywhere(onFiles) {
  const mark = (/** @type {boolean} */ isOver) => document.body.classList.toggle('is-dropping', isOver)

  /**
   * @param {Event} event
   * @param {DataTransfer | null} data
   */
  function take(event, data) {
    mark(false)
    if (!data?.files.length) return
    event.preventDefault()
    onFiles([...data.files])
  }

  addEventListener('dragover', event => {
    if (!event.dataTransfer?.types.includes('Files')) return
    event.preventDefault()
    mark(true)
  })
  addEventListener('dragleave', event => {
    if (!event.relatedTarget) mark(false)
  })
  addEventListener('drop', event => take(event, event.dataTransfer))
  addEventListener('paste', event => take(event, event.clipboardData))
}
