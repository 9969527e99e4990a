import type { Clock } from "../../../engine/clock.ts";

/** A clock that stands still until the test moves it. */
export class ManualClock implements Clock {
  #now = 0;
  readonly #waiting = new Set<{ at: number; end(passed: boolean): void }>();

  now(): number {
    return this.#now;
  }

  wait(milliseconds: number, signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return Promise.resolve(false);
    if (milliseconds <= 0) return Promise.resolve(true);
    return new Promise((resolve) => {
      const timer = {
        at: this.#now + milliseconds,
        end: (passed: boolean) => {
          this.#waiting.delete(timer);
          resolve(passed);
        },
      };
      this.#waiting.add(timer);
      signal.addEventListener("abort", () => timer.end(false), { once: true });
    });
  }

  /** Lets time pass, and runs everything that waited for it. */
  async pass(milliseconds: number): Promise<void> {
    this.#now += milliseconds;
    for (const timer of [...this.#waiting]) if (timer.at <= this.#now) timer.end(true);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
