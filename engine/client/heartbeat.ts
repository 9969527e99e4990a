/**
 * Detects an engine that hangs (a suspended process or an endless loop): while an answer is outstanding, the engine is
 * pinged at regular intervals. An idle engine is not disturbed.
 */

/** Milliseconds between two pings by default. */
const HEARTBEAT_MS = 2_000;
/**
 * After this many intervals without an answer the engine counts as hung. Intervals are counted instead of measuring
 * time, so that the machine's sleep does not count as waiting.
 */
const MAX_SILENT_CHECKS = 10;

export interface HeartbeatOptions {
  /** Resolves or rejects when the engine answers; even a rejection shows that it is alive. */
  ping(): Promise<unknown>;
  /** Called once, when the engine hangs. */
  onHung(): void;
  /** Calls a function at intervals until the returned function is called. Default {@link repeat}. */
  repeat?(call: () => void): () => void;
}

/** @param milliseconds between two calls. */
export function repeat(call: () => void, milliseconds = HEARTBEAT_MS): () => void {
  const timer = setInterval(call, milliseconds).unref();
  return () => clearInterval(timer);
}

export class Heartbeat {
  readonly #options: HeartbeatOptions;
  #outstanding = 0;
  #silentChecks = 0;
  #isPinging = false;
  #endRepeating: (() => void) | undefined;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
  }

  /** Watches until the answer has come. */
  watch(answer: Promise<unknown>): void {
    this.#outstanding++;
    this.#endRepeating ??= (this.#options.repeat ?? repeat)(() => this.#check());
    const settled = () => {
      if (--this.#outstanding === 0) this.stop();
    };
    answer.then(settled, settled);
  }

  stop(): void {
    this.#endRepeating?.();
    this.#endRepeating = undefined;
    this.#silentChecks = 0;
  }

  #check(): void {
    if (!this.#isPinging) {
      this.#silentChecks = 0;
      this.#isPinging = true;
      const answered = () => {
        this.#isPinging = false;
      };
      this.#options.ping().then(answered, answered);
    } else if (++this.#silentChecks === MAX_SILENT_CHECKS) {
      this.stop();
      this.#options.onHung();
    }
  }
}
