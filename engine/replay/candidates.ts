/**
 * What the gate was asked at every keystroke of a session, so that other gates can be tried on the same answers without
 * computing them again.
 */
import { afterCache } from "../completion/filters/index.ts";
import { featuresOf } from "../completion/gate/features.ts";
import type { Candidate, CutFeatures, Gate } from "../completion/gate/gate.ts";
import type { CursorPlace } from "../protocol/documents.ts";
import type { Documents } from "../repository/openDocuments.ts";
import { cursorContext } from "../text/cursor.ts";

/** An answer with what a gate looks at. Of its place only the nearest text is kept. */
export interface RecordedCandidate extends Candidate {
  features: CutFeatures[];
  /** What would be shown for each place where the text may be cut, the shortest first. */
  cuts: Cut[];
}

export interface Cut {
  /** Where the text is cut. */
  end: number;
  /** What the filters leave of it; undefined where they drop it. */
  shown: { text: string; replaceLength: number } | undefined;
}

/** Characters before and behind the cursor that are kept: more than any suggestion has. */
const BEFORE = 2000;
const BEHIND = 500;

export class CandidateRecorder {
  /** By the index of the keystroke. */
  readonly events = new Map<number, RecordedCandidate[]>();
  readonly #inner: Gate | undefined;
  #event = -1;
  #prefix: string | undefined;

  /** @param inner what decides in the recorded session; without it nothing is shown. */
  constructor(inner?: Gate) {
    this.#inner = inner;
  }

  /** A keystroke is answered from now on. Answers for other places that are prepared meanwhile are not recorded. */
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

/** A slice of a string keeps the whole string in memory; a copy does not. */
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
