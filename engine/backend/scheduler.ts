/**
 * Who runs next: inline before chat before warming.
 *
 * The native runtime pauses a job of lower rank between tokens when one of higher rank arrives (see Priority in
 * native.ts), so inline and chat need not wait for each other. Within the inline lane one request runs and one waits,
 * and the newest wins: a newer request cancels the running one, whose answer nobody will see, and takes the place of the
 * waiting one. Chat requests run one after another. Warming runs while both other lanes rest, and is cancelled by
 * whatever comes to them: it goes in slices, so little is lost.
 */
import type { GenerateResult, Generation } from "../native.ts";
import type { LaneLoad, Load } from "../protocol/status.ts";

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
  readonly #mayStart: () => boolean;

  constructor(newestWins: boolean, onChange: () => void, mayStart: () => boolean = () => true) {
    this.#newestWins = newestWins;
    this.#onChange = onChange;
    this.#mayStart = mayStart;
  }

  get load(): LaneLoad {
    return { running: this.#running === undefined ? 0 : 1, waiting: this.#queue.length };
  }

  get rests(): boolean {
    return this.#running === undefined && this.#queue.length === 0;
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
      this.next();
      this.#onChange();
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

  /** Starts the job that has waited for longest, when nothing runs. */
  next(): void {
    const job = this.#running === undefined && this.#mayStart() ? this.#queue.shift() : undefined;
    if (job === undefined) {
      return;
    }
    job.signal.removeEventListener("abort", job.leave);
    let generation: Generation;
    try {
      generation = job.start();
    } catch (error) {
      job.reject(error);
      this.next();
      return;
    }
    this.#running = generation;
    const onAbort = () => generation.cancel();
    job.signal.addEventListener("abort", onAbort, { once: true });
    const finish = () => {
      job.signal.removeEventListener("abort", onAbort);
      this.#running = undefined;
      this.next();
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
  readonly #warming: Lane;
  readonly #onLoad: (load: Load) => void;
  #told = "";

  /** @param onLoad told whenever what runs or waits has changed. */
  constructor(onLoad: (load: Load) => void = () => {}) {
    this.#onLoad = onLoad;
    const onChange = () => {
      this.#warming.next();
      this.#tell();
    };
    this.#inline = new Lane(true, onChange);
    this.#chat = new Lane(false, onChange);
    this.#warming = new Lane(
      true,
      () => this.#tell(),
      () => this.#inline.rests && this.#chat.rests,
    );
  }

  get load(): Load {
    return { inline: this.#inline.load, chat: this.#chat.load, warming: this.#warming.load };
  }

  inline(start: Start, signal: AbortSignal): Promise<Outcome> {
    this.#warming.cancelAll();
    return this.#inline.run(start, signal);
  }

  chat(start: Start, signal: AbortSignal): Promise<Outcome> {
    this.#warming.cancelAll();
    return this.#chat.run(start, signal);
  }

  /** For work that nobody waits for; a newer one replaces it. */
  warm(start: Start, signal: AbortSignal): Promise<Outcome> {
    return this.#warming.run(start, signal);
  }

  cancelAll(): void {
    this.#inline.cancelAll();
    this.#chat.cancelAll();
    this.#warming.cancelAll();
  }

  #tell(): void {
    const load = this.load;
    const text = JSON.stringify(load);
    if (text !== this.#told) {
      this.#told = text;
      this.#onLoad(load);
    }
  }
}

/** Whether somebody waits for what the engine does. */
export function isBusy({ inline, chat }: Load): boolean {
  return inline.running + chat.running > 0;
}
