/**
 * Detects an engine that hangs (a stopped process, or an endless loop): while an answer is outstanding, it is pinged at
 * regular intervals. An idle engine is not disturbed.
 */

/** Milliseconds between two pings by default. */
const BEAT_MS = 2_000;
/**
 * Intervals without an answer after which the engine counts as hung. They are counted, not timed, so that the sleep of
 * the machine does not count as waiting.
 */
const MAX_SILENT_BEATS = 10;

export interface HeartbeatOptions {
  /** Any answer is a sign of life, even a rejection. */
  ping(): Promise<unknown>;
  /** Called once. */
  onHung(): void;
  /** Calls the function again and again, with a beat between, until what is returned is called. Default {@link everyBeat}. */
  everyBeat?(beat: () => void): () => void;
}

/** @param milliseconds between two calls. */
export function everyBeat(beat: () => void, milliseconds = BEAT_MS): () => void {
  const timer = setInterval(beat, milliseconds).unref();
  return () => clearInterval(timer);
}

export class Heartbeat {
  readonly #options: HeartbeatOptions;
  #outstanding = 0;
  #silentBeats = 0;
  #isPinging = false;
  #endBeats: (() => void) | undefined;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
  }

  /** Watches until the answer has come. */
  watch(answer: Promise<unknown>): void {
    this.#outstanding++;
    this.#endBeats ??= (this.#options.everyBeat ?? everyBeat)(() => this.#beat());
    const settled = () => {
      if (--this.#outstanding === 0) this.stop();
    };
    answer.then(settled, settled);
  }

  stop(): void {
    this.#endBeats?.();
    this.#endBeats = undefined;
    this.#silentBeats = 0;
  }

  #beat(): void {
    if (!this.#isPinging) {
      this.#silentBeats = 0;
      this.#isPinging = true;
      const answered = () => {
        this.#isPinging = false;
      };
      this.#options.ping().then(answered, answered);
    } else if (++this.#silentBeats === MAX_SILENT_BEATS) {
      this.stop();
      this.#options.onHung();
    }
  }
}
