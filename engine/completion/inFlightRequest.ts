/**
 * A request on its way through the model. Keystrokes that agree with its text so far follow it instead of starting over:
 * where a line takes longer than the gap between two keys, that is the difference between always and never.
 */

import type { CompletionAnswer, Prepared } from "../backend/backend.ts";
import type { Outcome, Start } from "../backend/scheduler.ts";
import type { Clock } from "../clock.ts";
import type { SiteKey } from "./completionSite.ts";
import { suffixFits } from "./suffixFit.ts";

/**
 * Milliseconds that a request without a subscriber lives on: the editor takes the request of the last keystroke back
 * before it sends the one of the next, and waits 50 ms between.
 */
const LINGER_MS = 150;

export interface RequestPlan {
  clock: Clock;
  key: SiteKey;
  /** Milliseconds that the request lives on without a subscriber; default {@link LINGER_MS}. */
  lingerMs?: number;
  /** What the text begins with before the model says anything. */
  widgetText: string;
  /** Puts the generation into the queue. */
  run(start: Start<CompletionAnswer>, signal: AbortSignal): Promise<Outcome<CompletionAnswer>>;
  generate: Prepared<CompletionAnswer>;
  /** Where a text should end, or undefined while it should go on. */
  stopAt(text: string): number | undefined;
}

export type RequestOutcome =
  /** The text, the widgetText included, and when a rule has stopped it, how many characters were written by then. */
  | { kind: "finished"; text: string; written?: number; result: CompletionAnswer }
  /** The result, when the generation had begun. */
  | { kind: "cancelled"; result?: CompletionAnswer };

export class InFlightRequest {
  readonly key: SiteKey;
  /** How it ended. Rejects when the engine fails. */
  readonly outcome: Promise<RequestOutcome>;
  readonly #clock: Clock;
  readonly #lingerMs: number;
  readonly #abort = new AbortController();
  readonly #subscribers = new Set<(text: string) => void>();
  #lingering = new AbortController();
  #text: string;
  #written: number | undefined;
  #hasEnded = false;

  constructor(plan: RequestPlan) {
    this.key = plan.key;
    this.#clock = plan.clock;
    this.#lingerMs = plan.lingerMs ?? LINGER_MS;
    this.#text = plan.widgetText;
    this.outcome = this.#run(plan);
    // Subscribers hear of a failure; without any, nobody asked.
    this.outcome.catch(() => {});
  }

  get isOver(): boolean {
    return this.#hasEnded || this.#abort.signal.aborted;
  }

  /** What has been typed at a place since the request, or undefined when it is another place. */
  typedAt({ uri, prefix, suffix }: SiteKey): string | undefined {
    const { key } = this;
    const typed = uri === key.uri && prefix.startsWith(key.prefix) ? prefix.slice(key.prefix.length) : undefined;
    return typed !== undefined && suffixFits(key.suffix, suffix, typed) ? typed : undefined;
  }

  /** Whether the text so far and what was typed are beginnings of one another. */
  agreesWith(typed: string): boolean {
    return this.#text.startsWith(typed) || typed.startsWith(this.#text);
  }

  /** How the request ended; undefined when the signal ends the wait, or the text turns out to disagree. */
  async subscribe(typed: string, signal: AbortSignal): Promise<RequestOutcome | undefined> {
    if (!this.agreesWith(typed) || signal.aborted) {
      this.#cancelWithoutSubscribers();
      return undefined;
    }
    this.#lingering.abort();
    let unsubscribe = (_: undefined) => {};
    const left = new Promise<undefined>((resolve) => {
      unsubscribe = resolve;
    });
    const listen = () => {
      if (!this.agreesWith(typed)) unsubscribe(undefined);
    };
    const onAbort = () => unsubscribe(undefined);
    this.#subscribers.add(listen);
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      return await Promise.race([this.outcome, left]);
    } finally {
      this.#subscribers.delete(listen);
      signal.removeEventListener("abort", onAbort);
      if (signal.aborted) this.keepFor(this.#lingerMs);
      else if (!this.agreesWith(typed)) this.#cancelWithoutSubscribers();
    }
  }

  /** Keeps the request for a while although nobody follows it; then it is cancelled. */
  keepFor(milliseconds: number): void {
    if (this.isOver || this.#subscribers.size > 0) return;
    if (milliseconds <= 0) {
      this.cancel();
      return;
    }
    this.#lingering.abort();
    const lingering = new AbortController();
    this.#lingering = lingering;
    void this.#clock.wait(milliseconds, lingering.signal).then((passed) => {
      if (passed) this.#cancelWithoutSubscribers();
    });
  }

  cancel(): void {
    this.#lingering.abort();
    this.#abort.abort();
  }

  #cancelWithoutSubscribers(): void {
    if (this.#subscribers.size === 0) this.cancel();
  }

  async #run(plan: RequestPlan): Promise<RequestOutcome> {
    const stop = new AbortController();
    const cancel = () => stop.abort();
    this.#abort.signal.addEventListener("abort", cancel, { once: true });
    const onText = (piece: string) => {
      if (this.#written !== undefined) return;
      // By characters: how many tokens come at once is a matter of chance, and what is shown is not.
      for (const character of piece) {
        this.#text += character;
        const end = plan.stopAt(this.#text);
        if (end !== undefined) {
          this.#written = this.#text.length;
          this.#text = this.#text.slice(0, end);
          stop.abort();
          break;
        }
      }
      for (const listen of [...this.#subscribers]) listen(this.#text);
    };
    try {
      const outcome = await plan.run(() => plan.generate(onText), stop.signal);
      const { result } = outcome;
      if (result === undefined || (outcome.kind === "cancelled" && this.#written === undefined)) {
        return { kind: "cancelled", ...(result === undefined ? {} : { result }) };
      }
      const written = this.#written;
      return { kind: "finished", text: this.#text, ...(written !== undefined && { written }), result };
    } finally {
      this.#hasEnded = true;
      this.#lingering.abort();
    }
  }
}
