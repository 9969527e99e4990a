/**
 * A running request to the model. Keystrokes that agree with its text so far subscribe to it instead of starting another
 * one. The model often takes longer for a line than the user for a key: if every key started a new request, no answer
 * would ever be shown.
 */

import type { CompletionAnswer, Prepared } from "../backend/backend.ts";
import type { Outcome, Start } from "../backend/scheduler.ts";
import type { Clock } from "../clock.ts";
import type { SiteKey } from "./completionSite.ts";
import { suffixFits } from "./suffixFit.ts";

/**
 * For how many milliseconds a request is kept after its last subscriber was cancelled. The editor cancels the call of the
 * last keystroke before it makes the next one, and may wait 50 ms in between. When the text changes meanwhile in agreement
 * with the output, KEEP_MS of completionService.ts, which is longer, replaces this.
 */
const LINGER_MS = 150;

export interface RequestPlan {
  clock: Clock;
  key: SiteKey;
  /** Milliseconds that the request is kept without a subscriber. Default {@link LINGER_MS}. */
  lingerMs?: number;
  /** What the text begins with before the model has written anything. */
  widgetText: string;
  /** Queues the generation. */
  run(start: Start<CompletionAnswer>, signal: AbortSignal): Promise<Outcome<CompletionAnswer>>;
  generate: Prepared<CompletionAnswer>;
  /** Where a text should end; undefined while it should continue. */
  stopAt(text: string): number | undefined;
}

export type RequestOutcome =
  /** `text` includes the widgetText. `written`: how many characters it had when a stop rule ended it. */
  | { kind: "finished"; text: string; written?: number; result: CompletionAnswer }
  /** The result, if the generation had begun. */
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
    // Subscribers get the error. If there are none, it must not count as an unhandled rejection.
    this.outcome.catch(() => {});
  }

  get isOver(): boolean {
    return this.#hasEnded || this.#abort.signal.aborted;
  }

  /** What has been typed at a place since the request; undefined when it is another place. */
  typedAt({ uri, prefix, suffix }: SiteKey): string | undefined {
    const { key } = this;
    const typed = uri === key.uri && prefix.startsWith(key.prefix) ? prefix.slice(key.prefix.length) : undefined;
    return typed !== undefined && suffixFits(key.suffix, suffix, typed) ? typed : undefined;
  }

  /** Whether the text so far begins with what was typed, or the other way round. */
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
    const unsubscribed = new Promise<undefined>((resolve) => {
      unsubscribe = resolve;
    });
    const listen = () => {
      if (!this.agreesWith(typed)) unsubscribe(undefined);
    };
    const onAbort = () => unsubscribe(undefined);
    this.#subscribers.add(listen);
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      return await Promise.race([this.outcome, unsubscribed]);
    } finally {
      this.#subscribers.delete(listen);
      signal.removeEventListener("abort", onAbort);
      if (signal.aborted) this.keepFor(this.#lingerMs);
      else if (!this.agreesWith(typed)) this.#cancelWithoutSubscribers();
    }
  }

  /** Keeps the request for a while without a subscriber; then it is cancelled. */
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
      // The text is judged character by character: how many tokens come at once depends on timing, and what is shown must
      // not depend on that.
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
