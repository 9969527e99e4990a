/**
 * How long the thread of the extension's side was kept from its events by what ran on it. Waiting for a processor is not
 * counted, nor a stop of the whole process: neither is the extension's doing.
 */
import { readFileSync } from "node:fs";
import { Worker } from "node:worker_threads";

const STEP_MS = 4;
/** A second thread that only keeps the time: when it was held up as well, the process was. */
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
  #waited = waitedMs();
  #late = 0;
  #worst = 0;

  constructor() {
    this.#worker.unref();
    this.#timer = setInterval(() => this.#look(), STEP_MS);
    this.#timer.unref();
  }

  /** The longest that the thread was kept since the last call, in milliseconds. */
  take(): number {
    this.#look();
    const worst = this.#worst;
    this.#worst = 0;
    return worst;
  }

  /** Leaves out what has happened since the last look: the bench's own work. */
  skip(): void {
    this.#last = performance.now();
    this.#waited = waitedMs();
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
      const others = Math.max(waitedMs() - this.#waited, (this.#beats[0] ?? 0) - this.#late);
      this.#worst = Math.max(this.#worst, kept - others);
    }
    this.skip();
  }
}

/** Time that the main thread was ready to run and had no processor. */
function waitedMs(): number {
  try {
    const [, waited = "0"] = readFileSync(`/proc/self/task/${process.pid}/schedstat`, "utf8").split(" ");
    return Number(waited) / 1e6;
  } catch {
    return 0;
  }
}
