/** A browser's canvas for pictures of one colour: a canvas and a file hold that colour, as text like `#c83c78`. */

const LEVELS = /** @type {const} */ ([1, 3, 5])

export class FakeContext {
  fillStyle = '#000000'
  colour = '#000000'
  /** @param {FakeCanvas} canvas */
  constructor(canvas) {
    this.canvas = canvas
  }
  fillRect() {
    this.colour = this.fillStyle
  }
  /** @param {{colour: string}} picture */
  drawImage({ colour }) {
    this.colour = colour
  }
  /** @param {number} _x @param {number} _y @param {number} width @param {number} height */
  getImageData(_x, _y, width, height) {
    const pixel = [...LEVELS.map(at => Number.parseInt(this.colour.slice(at, at + 2), 16)), 255]
    return {
      data: new Uint8ClampedArray(
        Array(width * height)
          .fill(pixel)
          .flat(),
      ),
    }
  }
}

export class FakeCanvas {
  /** @param {number} width @param {number} height */
  constructor(width = 1, height = 1) {
    Object.assign(this, { width, height })
    this.context = new FakeContext(this)
  }
  get colour() {
    return this.context.colour
  }
  getContext() {
    return this.context
  }
  async convertToBlob() {
    return new Blob([this.colour], { type: 'image/jpeg' })
  }
}

/**
 * What a file of a fake canvas, or one that ends with a colour, shows.
 * @param {Blob} file
 */
export async function decodeColour(file) {
  const [colour] = /#[0-9a-f]{6}$/.exec(await file.text()) ?? []
  if (!colour) throw new DOMException('', 'InvalidStateError')
  return { colour, width: 4, height: 3, close() {} }
}
