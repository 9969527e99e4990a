/**
 * Notices an engine that hangs (stopped, or in an endless loop): while it owes an answer, it is asked for a sign of life
 * now and then. One that rests is not disturbed.
 */

/** How often it is asked. */
const BEAT_MS = 2_000;
/** Beats without a sign after which it hangs. Counted, not timed: a machine that slept has not waited. */
const MOST_SILENT = 10;

export interface WatchdogOptions {
  /** Any answer is a sign of life, a rejection, too. */
  ping(): Promise<unknown>;
  /** Called once. */
  onHung(): void;
  beatMs?: number | undefined;
}

export class Watchdog {
  readonly #options: WatchdogOptions;
  #owed = 0;
  #silent = 0;
  #isAsked = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: WatchdogOptions) {
    this.#options = options;
  }

  /** Watches while the answer is owed. */
  watch(answer: Promise<unknown>): void {
    this.#owed++;
    this.#timer ??= setInterval(() => this.#beat(), this.#options.beatMs ?? BEAT_MS).unref();
    const settled = () => {
      if (--this.#owed === 0) this.stop();
    };
    answer.then(settled, settled);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#silent = 0;
  }

  #beat(): void {
    if (!this.#isAsked) {
      this.#silent = 0;
      this.#isAsked = true;
      const answered = () => {
        this.#isAsked = false;
      };
      this.#options.ping().then(answered, answered);
    } else if (++this.#silent === MOST_SILENT) {
      this.stop();
      this.#options.onHung();
    }
  }
}
