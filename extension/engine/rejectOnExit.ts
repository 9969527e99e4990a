/**
 * Answers that never come once an end has come. Not `Promise.race` with the end: a promise that lasts as long as the
 * engine keeps everything that ever raced with it, 900 bytes a keystroke.
 */
export class UnlessEnded {
  readonly #waiting = new Set<(how: string) => void>();
  #how: string | undefined;

  /** Answers that are waited for. */
  get size(): number {
    return this.#waiting.size;
  }

  /** From now on every answer is a rejection; so is every one that is waited for. */
  end(how: string): void {
    this.#how ??= how;
    for (const reject of this.#waiting) reject(this.#how);
    this.#waiting.clear();
  }

  /** The answer, or a rejection as soon as the end has come. */
  wait<T>(answer: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const onEnd = (how: string) => reject(new Error(`The engine has stopped (${how}).`));
      if (this.#how === undefined) this.#waiting.add(onEnd);
      else onEnd(this.#how);
      // After the end nobody hears of either.
      answer.then(resolve, reject).finally(() => this.#waiting.delete(onEnd));
    });
  }
}
