/** The requests of a connection that are being answered, and sending messages without waiting for them. */
import type { CancellationToken } from "vscode-jsonrpc";

export class Requests {
  readonly #running = new Set<AbortController>();
  readonly #all = new AbortController();

  /** Aborted when the connection ends. */
  get signal(): AbortSignal {
    return this.#all.signal;
  }

  /** Runs a request with an AbortSignal that follows the protocol's cancellation and the end of the connection. */
  async run<T>(token: CancellationToken, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const controller = new AbortController();
    if (token.isCancellationRequested || this.signal.aborted) {
      controller.abort();
    }
    const subscription = token.onCancellationRequested(() => controller.abort());
    this.#running.add(controller);
    try {
      return await run(controller.signal);
    } finally {
      subscription.dispose();
      this.#running.delete(controller);
    }
  }

  abort(): void {
    this.#all.abort();
    for (const controller of this.#running) controller.abort();
  }
}

/** Sends a message and ignores failure: when the window has gone, its end is noticed elsewhere. */
export function sendQuietly(send: () => Promise<void>): void {
  try {
    send().catch(() => {});
  } catch {
    // The connection is closed.
  }
}

/** The result of a request that has no other. */
export async function done(work: Promise<void>): Promise<null> {
  await work;
  return null;
}
