/** How fast the user types: the time between two keys while typing. */

/** A longer gap between two keys is time to think, and says nothing about the typing. */
const LONGEST_GAP_MS = 400;
/** How many gaps are remembered. */
const REMEMBERED = 50;
/** Until this many gaps are known, the speed of a practised typist is assumed. */
const FEWEST = 5;
const ASSUMED_MS = 160;

export class TypingSpeed {
  #last = Number.NEGATIVE_INFINITY;
  readonly #gaps: number[] = [];

  /** Records a key. @param now milliseconds. */
  recordKey(now: number): void {
    const gap = now - this.#last;
    this.#last = now;
    if (gap > 0 && gap <= LONGEST_GAP_MS) {
      this.#gaps.push(gap);
      if (this.#gaps.length > REMEMBERED) this.#gaps.shift();
    }
  }

  /** The mean gap in milliseconds. */
  get typicalMs(): number {
    const { length } = this.#gaps;
    return length < FEWEST ? ASSUMED_MS : this.#gaps.reduce((sum, gap) => sum + gap, 0) / length;
  }
}
