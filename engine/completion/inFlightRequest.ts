/**
 * A request on its way through the model. Keystrokes that agree with its text so far follow it instead of starting over:
 * where a line takes longer than the gap between two keys, that is the difference between always and never.
 */

import type { Outcome, Start } from "../backend/scheduler.ts";
import type { Clock } from "../clock.ts";
import type { GenerateResult, Generation } from "../native.ts";
import type { Place } from "./completionSite.ts";
import { suffixFits } from "./suffixFit.ts";

/**
 * Milliseconds that a request without a follower lives on: the editor takes the request of the last keystroke back
 * before it sends the one of the next, and waits 50 ms between.
 */
const LINGER_MS = 150;

export interface FlightPlan {
  clock: Clock;
  place: Place;
  /** Milliseconds that the request lives on without a follower; default {@link LINGER_MS}. */
  lingerMs?: number;
  /** What the text begins with before the model says anything. */
  lead: string;
  /** Puts the generation into the queue. */
  run(start: Start, signal: AbortSignal): Promise<Outcome>;
  generate(onText: (text: string) => void): Generation;
  /** Where a text should end, or undefined while it should go on. */
  stopAt(text: string): number | undefined;
}

export type Landing =
  /** The text, the lead included, and when a rule has stopped it, how many characters were written by then. */
  | { kind: "landed"; text: string; written?: number; result: GenerateResult }
  /** The result, when the generation had begun. */
  | { kind: "cancelled"; result?: GenerateResult };

export class Flight {
  readonly place: Place;
  /** How it ended. Rejects when the engine fails. */
  readonly landing: Promise<Landing>;
  readonly #clock: Clock;
  readonly #lingerMs: number;
  readonly #abort = new AbortController();
  readonly #followers = new Set<(text: string) => void>();
  #lingering = new AbortController();
  #text: string;
  #written: number | undefined;
  #hasLanded = false;

  constructor(plan: FlightPlan) {
    this.place = plan.place;
    this.#clock = plan.clock;
    this.#lingerMs = plan.lingerMs ?? LINGER_MS;
    this.#text = plan.lead;
    this.landing = this.#fly(plan);
    // Followers hear of a failure; without any, nobody asked.
    this.landing.catch(() => {});
  }

  get isOver(): boolean {
    return this.#hasLanded || this.#abort.signal.aborted;
  }

  /** What has been typed at a place since the request, or undefined when it is another place. */
  typedAt({ uri, prefix, suffix }: Place): string | undefined {
    const { place } = this;
    const typed = uri === place.uri && prefix.startsWith(place.prefix) ? prefix.slice(place.prefix.length) : undefined;
    return typed !== undefined && suffixFits(place.suffix, suffix, typed) ? typed : undefined;
  }

  /** Whether the text so far and what was typed are beginnings of one another. */
  agreesWith(typed: string): boolean {
    return this.#text.startsWith(typed) || typed.startsWith(this.#text);
  }

  /** The end of the flight; undefined when the signal ends the wait, or the text turns out to disagree. */
  async follow(typed: string, signal: AbortSignal): Promise<Landing | undefined> {
    if (!this.agreesWith(typed) || signal.aborted) {
      this.#abandonUnlessFollowed();
      return undefined;
    }
    this.#lingering.abort();
    let leave = (_: undefined) => {};
    const left = new Promise<undefined>((resolve) => {
      leave = resolve;
    });
    const listen = () => {
      if (!this.agreesWith(typed)) leave(undefined);
    };
    const onAbort = () => leave(undefined);
    this.#followers.add(listen);
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      return await Promise.race([this.landing, left]);
    } finally {
      this.#followers.delete(listen);
      signal.removeEventListener("abort", onAbort);
      if (signal.aborted) this.keepFor(this.#lingerMs);
      else if (!this.agreesWith(typed)) this.#abandonUnlessFollowed();
    }
  }

  /** Keeps the request for a while although nobody follows it; then it is cancelled. */
  keepFor(milliseconds: number): void {
    if (this.isOver || this.#followers.size > 0) return;
    if (milliseconds <= 0) {
      this.cancel();
      return;
    }
    this.#lingering.abort();
    const lingering = new AbortController();
    this.#lingering = lingering;
    void this.#clock.wait(milliseconds, lingering.signal).then((passed) => {
      if (passed) this.#abandonUnlessFollowed();
    });
  }

  cancel(): void {
    this.#lingering.abort();
    this.#abort.abort();
  }

  #abandonUnlessFollowed(): void {
    if (this.#followers.size === 0) this.cancel();
  }

  async #fly(plan: FlightPlan): Promise<Landing> {
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
      for (const listen of [...this.#followers]) listen(this.#text);
    };
    try {
      const outcome = await plan.run(() => plan.generate(onText), stop.signal);
      const { result } = outcome;
      if (result === undefined || (outcome.kind === "cancelled" && this.#written === undefined)) {
        return { kind: "cancelled", ...(result === undefined ? {} : { result }) };
      }
      const written = this.#written;
      return { kind: "landed", text: this.#text, ...(written !== undefined && { written }), result };
    } finally {
      this.#hasLanded = true;
      this.#lingering.abort();
    }
  }
}
