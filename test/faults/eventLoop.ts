/**
 * Measures how long the extension's thread was kept from its events by its own work. Delays that the machine caused are
 * left out: waiting for a processor, here or in a process that the thread waits for (as when it starts one), and a
 * suspension of the whole process. So on a busy machine only the processor time of the thread counts.
 */
import { readFileSync } from "node:fs";
import { Worker } from "node:worker_threads";

const STEP_MS = 4;
/** A second thread that only measures time. When it was held up as well, the whole process was. */
const METRONOME = `
  const { workerData } = require("node:worker_threads");
  const beats = new Float64Array(workerData);
  let last = performance.now();
  setInterval(() => {
    const now = performance.now();
    beats[0] += Math.max(0, now - last - ${STEP_MS});
    last = now;
  }, ${STEP_MS});
`;

export class EventLoopWatch {
  readonly #beats = new Float64Array(new SharedArrayBuffer(8));
  readonly #worker = new Worker(METRONOME, { eval: true, workerData: this.#beats.buffer });
  readonly #timer: NodeJS.Timeout;
  #last = performance.now();
  #thread = threadMs();
  #pressed = pressedMs();
  #late = 0;
  #worst = 0;
  #machines = 0;
  readonly #limitMs: number;

  /** @param limitMs longer delays that the machine caused are counted */
  constructor(limitMs: number) {
    this.#limitMs = limitMs;
    this.#worker.unref();
    this.#timer = setInterval(() => this.#look(), STEP_MS);
    this.#timer.unref();
  }

  /** The longest delay since the last call, in milliseconds. */
  take(): number {
    this.#look();
    const worst = this.#worst;
    this.#worst = 0;
    return worst;
  }

  /** How many delays above the limit were caused by the machine. */
  get machines(): number {
    return this.#machines;
  }

  /** Runs work of the bench itself, which does not count as a delay. */
  apart<T>(work: () => T): T {
    this.#look();
    try {
      return work();
    } finally {
      this.#forget();
    }
  }

  #forget(): void {
    this.#last = performance.now();
    this.#thread = threadMs();
    this.#pressed = pressedMs();
    this.#late = this.#beats[0] ?? 0;
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#worker.terminate();
  }

  #look(): void {
    const now = performance.now();
    const kept = now - this.#last - STEP_MS;
    if (kept > 10) {
      const { ran, waited } = threadMs();
      const outside = Math.max(waited - this.#thread.waited, (this.#beats[0] ?? 0) - this.#late);
      const isBusy = pressedMs() - this.#pressed > kept / 2;
      const own = Math.min(kept, Math.max(ran - this.#thread.ran, isBusy ? 0 : kept - outside));
      if (own <= this.#limitMs && kept > this.#limitMs) this.#machines++;
      this.#worst = Math.max(this.#worst, own);
    }
    this.#forget();
  }
}

/** How long the main thread has run on a processor, and how long it was ready but had none. */
function threadMs(): { ran: number; waited: number } {
  try {
    const [ran = "0", waited = "0"] = readFileSync(`/proc/self/task/${process.pid}/schedstat`, "utf8").split(" ");
    return { ran: Number(ran) / 1e6, waited: Number(waited) / 1e6 };
  } catch {
    return { ran: 0, waited: 0 };
  }
}

/** How long any process on this machine has waited for a processor. */
function pressedMs(): number {
  try {
    return Number(/^some .*total=(\d+)/m.exec(readFileSync("/proc/pressure/cpu", "utf8"))?.[1] ?? 0) / 1000;
  } catch {
    return 0;
  }
}
