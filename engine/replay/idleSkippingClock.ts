/**
 * A clock for replays. While the engine computes, time passes normally; while it is idle, the clock jumps to the next
 * timer. So requests, keystrokes and cancellations overlap as they would in the editor, but an hour of thinking takes
 * no time.
 *
 * In a second mode computing takes no time either: the clock stands still until the engine is idle and then jumps. What
 * happens, and in which order, no longer depends on the speed of the machine.
 */
import type { Clock } from "../clock.ts";

interface Timer {
  at: number;
  fire(): void;
}

export class IdleSkippingClock implements Clock {
  /** Timers sorted by time; equal times are in the order of their requests. */
  readonly #timers: Timer[] = [];
  readonly #busy: () => boolean;
  readonly #computingTakesTime: boolean;
  #skipped = 0;
  #immediate: NodeJS.Immediate | undefined;
  #timeout: NodeJS.Timeout | undefined;

  /** @param busy tells whether the engine is computing; {@link changed} must be called when that changes. */
  constructor(busy: () => boolean, { computingTakesTime = true } = {}) {
    this.#busy = busy;
    this.#computingTakesTime = computingTakesTime;
  }

  now(): number {
    return (this.#computingTakesTime ? performance.now() : 0) + this.#skipped;
  }

  changed(): void {
    this.#schedule();
  }

  wait(milliseconds: number, signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) {
      return Promise.resolve(false);
    }
    if (milliseconds <= 0) {
      return Promise.resolve(true);
    }
    return new Promise((resolve) => {
      const end = (passed: boolean) => {
        const index = this.#timers.indexOf(timer);
        if (index !== -1) {
          this.#timers.splice(index, 1);
        }
        signal.removeEventListener("abort", onAbort);
        resolve(passed);
      };
      const onAbort = () => end(false);
      const timer: Timer = { at: this.now() + milliseconds, fire: () => end(true) };
      const later = this.#timers.findIndex((other) => other.at > timer.at);
      this.#timers.splice(later === -1 ? this.#timers.length : later, 0, timer);
      signal.addEventListener("abort", onAbort);
      this.#schedule();
    });
  }

  /** Checks again once everything that can continue without the clock has finished. */
  #schedule(): void {
    this.#immediate ??= setImmediate(() => {
      this.#immediate = undefined;
      this.#advance();
    });
  }

  #advance(): void {
    clearTimeout(this.#timeout);
    const next = this.#timers[0];
    if (next === undefined) {
      return;
    }
    const ahead = next.at - this.now();
    if (ahead > 0 && this.#busy()) {
      // In the second mode the change to idle continues the clock, and no timeout is needed.
      if (this.#computingTakesTime) this.#timeout = setTimeout(() => this.#advance(), ahead);
      return;
    }
    this.#skipped += Math.max(0, ahead);
    next.fire();
    this.#schedule();
  }
}
