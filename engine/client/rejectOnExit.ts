/**
 * Rejects answers that can no longer come because the engine has ended. `Promise.race` would not do: a promise that
 * lives as long as the engine would keep a record of everything that ever raced with it, about 900 bytes per keystroke.
 */
export class RejectOnExit {
  readonly #waiting = new Set<(how: string) => void>();
  #how: string | undefined;

  /** Number of outstanding answers. */
  get size(): number {
    return this.#waiting.size;
  }

  /** Rejects all outstanding answers and every later one. @param how a few words on how the engine ended. */
  end(how: string): void {
    this.#how ??= how;
    for (const reject of this.#waiting) reject(this.#how);
    this.#waiting.clear();
  }

  /** The answer, or a rejection as soon as the engine has ended. */
  wait<T>(answer: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const onEnd = (how: string) => reject(new Error(`The engine has stopped (${how}).`));
      if (this.#how === undefined) this.#waiting.add(onEnd);
      else onEnd(this.#how);
      // A promise that is settled already, because the engine has ended, stays as it is.
      answer.then(resolve, reject).finally(() => this.#waiting.delete(onEnd));
    });
  }
}
