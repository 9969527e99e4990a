/**
 * Records the answers that the gate had to judge at every keystroke of a session, so that other gates can be tried on
 * them without computing them again.
 */
import { afterCache } from "../completion/filters/index.ts";
import { featuresOf } from "../completion/gate/features.ts";
import type { Candidate, CutFeatures, Gate } from "../completion/gate/gate.ts";
import type { CursorPosition } from "../protocol/documents.ts";
import type { Documents } from "../repository/openDocuments.ts";
import { copySlice } from "../text/copySlice.ts";
import { cursorContext } from "../text/cursor.ts";

/** An answer with everything that a gate considers. Only the text near the cursor is kept. */
export interface RecordedCandidate extends Candidate {
  features: CutFeatures[];
  /** What would be shown for each possible cut of the text, the shortest first. */
  cuts: Cut[];
}

export interface Cut {
  /** Length to which the text is cut. */
  end: number;
  /** The text that the filters leave; undefined when they drop it. */
  shown: { text: string; replaceLength: number } | undefined;
}

/** How many characters before the cursor are kept; below, after the cursor. No suggestion is that long. */
const BEFORE = 2000;
const BEHIND = 500;

export class CandidateRecorder {
  /** The candidates by index of the keystroke. */
  readonly events = new Map<number, RecordedCandidate[]>();
  readonly #inner: Gate | undefined;
  #event = -1;
  #prefix: string | undefined;

  /** @param inner the gate that decides in the recorded session. Without one nothing is shown. */
  constructor(inner?: Gate) {
    this.#inner = inner;
  }

  /**
   * Called before the answer to a keystroke. Answers for other places, which are prepared in advance, are not recorded.
   */
  begin(event: number, { uri, version, offset }: CursorPosition, documents: Documents): void {
    const found = documents.lookUp(uri, version);
    this.#event = event;
    this.#prefix = found.kind === "found" ? cursorContext(found.document, offset).prefix : undefined;
  }

  readonly gate: Gate = (candidate) => {
    const { prefix } = candidate.context;
    if (prefix === this.#prefix) this.#add(candidate);
    return this.#inner?.(candidate) ?? candidate.typed;
  };

  #add(candidate: Candidate): void {
    const { text, pieces, typed, context } = candidate;
    const known = this.events.get(this.#event) ?? [];
    if (text.length === typed || known.some((one) => one.text.slice(one.typed) === text.slice(typed))) return;
    const ends = pieces.map(({ end }) => Math.min(end, text.length)).filter((end) => end > typed);
    const cuts = [...new Set([...ends, text.length])].map((end): Cut => {
      const verdict = afterCache(text.slice(typed, end), context);
      return { end, shown: verdict.kind === "keep" ? verdict.suggestion : undefined };
    });
    known.push({ ...candidate, pieces: [...pieces], features: featuresOf(candidate), context: nearOf(context), cuts });
    this.events.set(this.#event, known);
  }
}

function nearOf(context: Candidate["context"]): Candidate["context"] {
  const { prefix, restOfLine, below } = context;
  return {
    ...context,
    prefix: copySlice(prefix.slice(-BEFORE)),
    restOfLine: copySlice(restOfLine.slice(0, BEHIND)),
    ...(below !== undefined && { below: copySlice(below.slice(0, BEHIND)) }),
  };
}
