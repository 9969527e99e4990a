/**
 * Records what the gate was asked at every keystroke of a session, so that other gates can be tried on the same answers
 * without computing them again.
 */
import { afterCache } from "../completion/filters/index.ts";
import { featuresOf } from "../completion/gate/features.ts";
import type { Candidate, CutFeatures, Gate } from "../completion/gate/gate.ts";
import type { CursorPlace } from "../protocol/documents.ts";
import type { Documents } from "../repository/openDocuments.ts";
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

/** How many characters before the cursor are kept, and after it: more than any suggestion has. */
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

  /** Starts the answer to a keystroke. Answers that are prepared for other places meanwhile are not recorded. */
  begin(event: number, { uri, version, offset }: CursorPlace, documents: Documents): void {
    const found = documents.at(uri, version);
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

/** Copies a slice of a string, because a slice keeps the whole string in memory and a copy does not. */
function copy(text: string): string {
  return Buffer.from(text, "utf16le").toString("utf16le");
}

function nearOf(context: Candidate["context"]): Candidate["context"] {
  const { prefix, restOfLine, below } = context;
  return {
    ...context,
    prefix: copy(prefix.slice(-BEFORE)),
    restOfLine: copy(restOfLine.slice(0, BEHIND)),
    ...(below !== undefined && { below: copy(below.slice(0, BEHIND)) }),
  };
}
