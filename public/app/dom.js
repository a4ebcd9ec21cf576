/** Building the page's elements. Text always goes in as text, never as markup. */

/** @typedef {Node | string | null | undefined | false} Child */

/**
 * Make an element. `class`, `aria-…` and the like are attributes; a function is a listener (`onclick`);
 * true sets an attribute without a value, false, null and undefined leave it out.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string | number | boolean | null | undefined | ((event: any) => void)>} [attributes]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name.slice(2), value)
    else setAttribute(element, name, value)
  }
  element.append(...children.filter(child => child !== null && child !== undefined && child !== false))
  return element
}

/**
 * @param {Element} element
 * @param {string} name
 * @param {string | number | boolean | null | undefined} value
 */
export function setAttribute(element, name, value) {
  if (value === false || value === null || value === undefined) element.removeAttribute(name)
  else if (element.getAttribute(name) !== String(value === true ? '' : value))
    element.setAttribute(name, value === true ? '' : String(value))
}

/** As they were set: a browser may have translated them. @type {WeakMap<Element, string>} */
const texts = new WeakMap()

/**
 * Set an element's text, and only touch the page where it differs: a live region speaks at each change.
 * @param {Element} element
 * @param {string} text
 */
export function setText(element, text) {
  const before = texts.get(element) ?? element.textContent
  texts.set(element, text)
  if (before !== text) element.textContent = text
}

/**
 * Make these an element's only children, in this order. What stands in its place already is not touched, so that it
 * keeps the focus.
 * @param {Element} parent
 * @param {Element[]} wanted
 */
export function setChildren(parent, wanted) {
  for (const one of [...parent.children]) if (!wanted.includes(one)) one.remove()
  wanted.forEach((one, place) => {
    const there = parent.children[place] ?? null
    if (there !== one) parent.insertBefore(one, there)
  })
}

/**
 * Add a style sheet to the page.
 * @param {string} href
 * @returns {Promise<unknown>} rejects if it could not be loaded
 */
export function loadStyle(href) {
  const link = el('link', { rel: 'stylesheet', href })
  return new Promise((resolve, reject) => {
    link.onload = resolve
    link.onerror = () => {
      link.remove()
      reject(new Error(`${href} could not be loaded`))
    }
    document.head.append(link)
  })
}
