/**
 * Answers a session's keystrokes from a record, through a gate, to find what another gate would have shown. After a
 * suggestion is accepted, answers are given as if its text had been typed.
 */
import type { Gate } from "../completion/gate/gate.ts";
import type { CompleteParams, CompleteResult } from "../protocol/completion.ts";
import type { RecordedCandidate } from "./candidates.ts";
import type { Completer } from "./player.ts";

interface OnScreen {
  uri: string;
  offset: number;
  text: string;
}

const NO_TIME = {
  totalMs: 0,
  debounceMs: 0,
  queueMs: 0,
  prefillMs: 0,
  decodeMs: 0,
  promptTokens: 0,
  cachedTokens: 0,
  prefilledTokens: 0,
  decodedTokens: 0,
};

export class RecordedAnswers implements Completer {
  readonly #events: ReadonlyMap<number, readonly RecordedCandidate[]>;
  readonly #gate: Gate;
  #shown: OnScreen | undefined;

  constructor(events: ReadonlyMap<number, readonly RecordedCandidate[]>, gate: Gate) {
    this.#events = events;
    this.#gate = gate;
  }

  cursorMoved(): void {
    this.#shown = undefined;
  }

  edited(): void {}

  async complete({ uri, offset }: CompleteParams, _: AbortSignal, event: number): Promise<CompleteResult> {
    for (const candidate of this.#events.get(event) ?? []) {
      const rest = this.#left(uri, offset, candidate);
      const end = this.#gate({ ...candidate, onScreen: rest.length });
      const shown = candidate.cuts.filter((cut) => cut.end <= end).at(-1)?.shown;
      if (end <= candidate.typed || shown === undefined) continue;
      this.#shown = { uri, offset, text: shown.text };
      const source = rest !== "" && shown.text.startsWith(rest) ? "typed-through" : "model";
      return { kind: "shown", source, ...shown, timings: NO_TIME };
    }
    this.#shown = undefined;
    return { kind: "silent", reason: "unsure", timings: NO_TIME };
  }

  /** The part of a shown candidate that is still on the screen; "" when another one or none was shown. */
  #left(uri: string, offset: number, { text, typed, context }: RecordedCandidate): string {
    const shown = this.#shown;
    if (shown?.uri !== uri || offset < shown.offset) return "";
    const typedOfIt = shown.text.slice(0, offset - shown.offset);
    const left = shown.text.slice(offset - shown.offset);
    return context.prefix.endsWith(typedOfIt) && text.slice(typed).startsWith(left) ? left : "";
  }
}
