/**
 * Decides which job runs next: inline before chat before warming.
 *
 * The native runtime pauses a job of lower rank when one of higher rank arrives (see Priority in native.ts), so inline
 * and chat need not wait for each other. In the inline lane one request runs and one waits, and the newest wins: a
 * newer request cancels the running one, whose answer nobody will see, and replaces the waiting one. Chat requests run
 * one after another. Warming runs while both other lanes are idle and is cancelled by any job in them; it works in
 * slices, so little is lost.
 */
import type { LaneLoad, Load } from "../protocol/status.ts";
import type { Run } from "./backend.ts";

/** A job's result tells whether the job was cancelled. */
export interface JobResult {
  reason: string;
}

export type Outcome<R extends JobResult = JobResult> =
  | { kind: "done"; result: R }
  /** The result, with the text so far, if the job had begun. */
  | { kind: "cancelled"; result?: R };

/** Starts the job. Called when it is the job's turn, at most once. */
export type Start<R extends JobResult = JobResult> = () => Run<R>;

/** A job in a lane's queue. It hides the type of the job's result. */
interface Waiting {
  signal: AbortSignal;
  /** Removes the job from the queue. */
  dequeue(): void;
  /**
   * Starts it. `done` never rejects; it resolves with a function that delivers the result.
   *
   * @throws whatever `start` throws.
   */
  run(): { cancel(): void; done: Promise<() => void> };
  /** Resolves the promise of a job that has not begun. */
  cancel(): void;
  reject(error: unknown): void;
}

class Lane {
  #running: { cancel(): void } | undefined;
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

  get isIdle(): boolean {
    return this.#running === undefined && this.#queue.length === 0;
  }

  run<R extends JobResult>(start: Start<R>, signal: AbortSignal): Promise<Outcome<R>> {
    if (signal.aborted) {
      return Promise.resolve({ kind: "cancelled" });
    }
    return new Promise((resolve, reject) => {
      const job: Waiting = {
        signal,
        dequeue: () => this.#dequeue(job),
        run: () => {
          const { cancel, done } = start();
          const settled = done.then(
            (result) => () => resolve({ kind: result.reason === "cancelled" ? "cancelled" : "done", result }),
            (error: unknown) => () => reject(error),
          );
          return { cancel, done: settled };
        },
        cancel: () => resolve({ kind: "cancelled" }),
        reject,
      };
      if (this.#newestWins) {
        this.cancelAll();
      }
      this.#queue.push(job);
      signal.addEventListener("abort", job.dequeue);
      this.next();
      this.#onChange();
    });
  }

  /** Cancels what runs and what waits. */
  cancelAll(): void {
    for (const job of [...this.#queue]) {
      job.dequeue();
    }
    this.#running?.cancel();
  }

  #dequeue(job: Waiting): void {
    const index = this.#queue.indexOf(job);
    if (index !== -1) {
      this.#queue.splice(index, 1);
      job.signal.removeEventListener("abort", job.dequeue);
      job.cancel();
    }
  }

  /** Starts the job that has waited longest, if none is running. */
  next(): void {
    const job = this.#running === undefined && this.#mayStart() ? this.#queue.shift() : undefined;
    if (job === undefined) {
      return;
    }
    job.signal.removeEventListener("abort", job.dequeue);
    let running: ReturnType<Waiting["run"]>;
    try {
      running = job.run();
    } catch (error) {
      job.reject(error);
      this.next();
      return;
    }
    this.#running = running;
    const onAbort = () => running.cancel();
    job.signal.addEventListener("abort", onAbort, { once: true });
    void running.done.then((deliver) => {
      job.signal.removeEventListener("abort", onAbort);
      this.#running = undefined;
      this.next();
      this.#onChange();
      deliver();
    });
  }
}

export class Scheduler {
  readonly #inline: Lane;
  readonly #chat: Lane;
  readonly #warming: Lane;
  readonly #listeners = new Set<(load: Load) => void>();
  #lastLoad = "";

  /** @param listener as for {@link onLoadChange}. */
  constructor(listener?: (load: Load) => void) {
    if (listener !== undefined) this.onLoadChange(listener);
    const onChange = () => {
      this.#warming.next();
      this.#report();
    };
    this.#inline = new Lane(true, onChange);
    this.#chat = new Lane(false, onChange);
    this.#warming = new Lane(
      true,
      () => this.#report(),
      () => this.#inline.isIdle && this.#chat.isIdle,
    );
  }

  /** @param listener called whenever the running or waiting jobs have changed. */
  onLoadChange(listener: (load: Load) => void): void {
    this.#listeners.add(listener);
  }

  get load(): Load {
    return { inline: this.#inline.load, chat: this.#chat.load, warming: this.#warming.load };
  }

  inline<R extends JobResult>(start: Start<R>, signal: AbortSignal): Promise<Outcome<R>> {
    this.#warming.cancelAll();
    return this.#inline.run(start, signal);
  }

  chat<R extends JobResult>(start: Start<R>, signal: AbortSignal): Promise<Outcome<R>> {
    this.#warming.cancelAll();
    return this.#chat.run(start, signal);
  }

  /** For work that nobody waits for. A newer job replaces it. */
  warm<R extends JobResult>(start: Start<R>, signal: AbortSignal): Promise<Outcome<R>> {
    return this.#warming.run(start, signal);
  }

  cancelAll(): void {
    this.#inline.cancelAll();
    this.#chat.cancelAll();
    this.#warming.cancelAll();
  }

  #report(): void {
    const load = this.load;
    const text = JSON.stringify(load);
    if (text !== this.#lastLoad) {
      this.#lastLoad = text;
      for (const listener of this.#listeners) listener(load);
    }
  }
}

/** Whether somebody waits for the engine's work. */
export function isBusy({ inline, chat }: Load): boolean {
  return inline.running + chat.running > 0;
}
