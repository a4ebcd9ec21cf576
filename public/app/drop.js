/** Photos may be dropped anywhere on the page, or pasted. Whatever else is dropped, the page stays. */

/** What stands in a clipboard or a drag beside files. */
const TEXT_FIELDS =
  'textarea, input:not([type]), input[type=text], input[type=password], input[type=search], [contenteditable]'

/** Marks a drag that began in the page: its own text, links and pictures are nobody's photos. */
const OWN = 'application/x-videogen'

/** @param {{onFiles: (files: File[]) => void, onOther: () => void}} options other: something without a file */
export function takePhotosFromAnywhere({ onFiles, onOther }) {
  const mark = (/** @type {boolean} */ isOver) => document.body.classList.toggle('is-dropping', isOver)

  addEventListener('dragstart', ({ dataTransfer }) => dataTransfer?.setData(OWN, 'own'))
  addEventListener('dragover', event => {
    const { dataTransfer, target } = event
    if (dataTransfer?.types.includes(OWN)) return
    const hasFiles = dataTransfer?.types.includes('Files') ?? false
    if (!hasFiles && isTextField(target)) return
    // Taken here, or the browser would open it in place of the page.
    event.preventDefault()
    mark(hasFiles)
  })
  addEventListener('dragleave', event => {
    if (!event.relatedTarget) mark(false)
  })
  addEventListener('drop', event => {
    mark(false)
    if (event.dataTransfer?.types.includes(OWN)) return
    const files = [...(event.dataTransfer?.files ?? [])]
    if (!files.length && isTextField(event.target)) return
    event.preventDefault()
    if (files.length) onFiles(files)
    else onOther()
  })
  addEventListener('paste', event => {
    const { clipboardData, target } = event
    const files = [...(clipboardData?.files ?? [])]
    // Office programs put a picture of the text beside it.
    const isText = isTextField(target) && clipboardData?.getData('text/plain').trim()
    if (!files.length || isText) return
    event.preventDefault()
    onFiles(files)
  })
}

/** @param {EventTarget | null} target */
function isTextField(target) {
  return target instanceof Element && target.closest(TEXT_FIELDS) !== null
}
