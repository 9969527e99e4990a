/** Records pictures of a part of a page as an animated GIF. */
import gifenc from "gifenc";
import { PNG } from "pngjs";

/** A theme with its ghost text needs few colours, and every colour costs bytes. */
const COLOURS = 64;

export class Film {
  #encoder = gifenc.GIFEncoder();

  /**
   * @param {import("playwright-core").Page} page
   * @param {{x: number, y: number, width: number, height: number}} clip In CSS pixels.
   */
  constructor(page, clip) {
    this.page = page;
    this.clip = clip;
  }

  /**
   * Adds a frame with the present state of the page.
   *
   * @param {number} ms How long the frame stays.
   */
  async shoot(ms) {
    const { data, width, height } = PNG.sync.read(await this.page.screenshot({ clip: this.clip }));
    const palette = gifenc.quantize(data, COLOURS);
    this.#encoder.writeFrame(gifenc.applyPalette(data, palette), width, height, { palette, delay: ms });
  }

  /** @returns {Uint8Array} The file. */
  end() {
    this.#encoder.finish();
    return this.#encoder.bytes();
  }
}
