/**
 * Who runs next: inline before chat.
 *
 * The native runtime pauses a job of lower rank between tokens when one of higher rank arrives (see Priority in
 * native.ts), so the lanes need not wait for each other. Within the inline lane one request runs and one waits, and the
 * newest wins: a newer request cancels the running one, whose answer nobody will see, and takes the place of the
 * waiting one. Chat requests run one after another.
 */
import type { GenerateResult, Generation } from "./native.ts";

export type Outcome =
  | { kind: "done"; result: GenerateResult }
  /** The result, with what there was of the text, when the job had begun. */
  | { kind: "cancelled"; result?: GenerateResult };

/** Starts the arithmetic; called when it is the job's turn, at most once. */
export type Start = () => Generation;

interface Waiting {
  start: Start;
  signal: AbortSignal;
  /** Takes the job out of the queue; listens to the signal while the job waits. */
  leave(): void;
  resolve(outcome: Outcome): void;
  reject(error: unknown): void;
}

class Lane {
  #running: Generation | undefined;
  #queue: Waiting[] = [];
  readonly #newestWins: boolean;
  readonly #onChange: () => void;

  constructor(newestWins: boolean, onChange: () => void) {
    this.#newestWins = newestWins;
    this.#onChange = onChange;
  }

  get busy(): boolean {
    return this.#running !== undefined;
  }

  run(start: Start, signal: AbortSignal): Promise<Outcome> {
    if (signal.aborted) {
      return Promise.resolve({ kind: "cancelled" });
    }
    return new Promise((resolve, reject) => {
      const job: Waiting = { start, signal, leave: () => this.#dequeue(job), resolve, reject };
      if (this.#newestWins) {
        this.cancelAll();
      }
      this.#queue.push(job);
      signal.addEventListener("abort", job.leave);
      this.#next();
    });
  }

  /** Cancels what runs and what waits. */
  cancelAll(): void {
    for (const job of [...this.#queue]) {
      job.leave();
    }
    this.#running?.cancel();
  }

  #dequeue(job: Waiting): void {
    const index = this.#queue.indexOf(job);
    if (index !== -1) {
      this.#queue.splice(index, 1);
      job.signal.removeEventListener("abort", job.leave);
      job.resolve({ kind: "cancelled" });
    }
  }

  #next(): void {
    const job = this.#running === undefined ? this.#queue.shift() : undefined;
    if (job === undefined) {
      return;
    }
    job.signal.removeEventListener("abort", job.leave);
    let generation: Generation;
    try {
      generation = job.start();
    } catch (error) {
      job.reject(error);
      this.#next();
      return;
    }
    this.#running = generation;
    const onAbort = () => generation.cancel();
    job.signal.addEventListener("abort", onAbort, { once: true });
    this.#onChange();
    const finish = () => {
      job.signal.removeEventListener("abort", onAbort);
      this.#running = undefined;
      this.#next();
      this.#onChange();
    };
    generation.done.then(
      (result) => {
        finish();
        job.resolve({ kind: result.reason === "cancelled" ? "cancelled" : "done", result });
      },
      (error: unknown) => {
        finish();
        job.reject(error);
      },
    );
  }
}

export class Scheduler {
  readonly #inline: Lane;
  readonly #chat: Lane;
  #wasBusy = false;

  /** @param onBusy told when the engine begins to work and when it comes to rest. */
  constructor(onBusy: (busy: boolean) => void = () => {}) {
    const onChange = () => {
      const busy = this.#inline.busy || this.#chat.busy;
      if (busy !== this.#wasBusy) {
        this.#wasBusy = busy;
        onBusy(busy);
      }
    };
    this.#inline = new Lane(true, onChange);
    this.#chat = new Lane(false, onChange);
  }

  inline(start: Start, signal: AbortSignal): Promise<Outcome> {
    return this.#inline.run(start, signal);
  }

  chat(start: Start, signal: AbortSignal): Promise<Outcome> {
    return this.#chat.run(start, signal);
  }

  cancelAll(): void {
    this.#inline.cancelAll();
    this.#chat.cancelAll();
  }
}
