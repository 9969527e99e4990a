/**
 * What a script's typist goes on to write at each place: the answers that suggestions are judged by.
 */
import { applyChanges, type EditScript } from "./script.ts";

/** Where a script stands after an event. Holds no document: there are thousands of steps. */
export interface Step {
  file: number;
  cursor: number;
  /** The event left the stretch of typing before it: another file, or another place in it. */
  leaves: boolean;
  /** The cursor only went over white space and closing brackets. */
  past: boolean;
  /**
   * The text that stands behind the cursor when this stretch is over, to some length; undefined after a slip of the
   * finger.
   */
  future: string | undefined;
}

/** Longer than any suggestion. */
const FUTURE_LENGTH = 1000;

/** One step per event. */
export function stepsOf(script: EditScript): Step[] {
  const texts = script.files.map((file) => file.text);
  const steps: Step[] = [];
  let file = 0;
  let first = 0;
  // The documents are played twice: to the end of each stretch, then again to compare with that end.
  for (const [index, event] of script.events.entries()) {
    const before = steps[index - 1];
    const text = texts[file] ?? "";
    const past = event.kind === "move" && before !== undefined && isStepPast(text, before.cursor, event.offset);
    const leaves = event.kind === "show" || (event.kind === "move" && !past);
    if (leaves) {
      addFutures(steps, first, index, texts, script);
      first = index;
    }
    if (event.kind === "show") file = event.file;
    steps.push({ file, cursor: event.offset, leaves, past, future: undefined });
  }
  addFutures(steps, first, steps.length, texts, script);
  return steps;
}

/** Plays the events [from, to), all in one file, and fills in the futures of their steps. */
function addFutures(steps: Step[], from: number, to: number, texts: string[], script: EditScript): void {
  const file = steps[from]?.file ?? 0;
  const play = (text: string, index: number) => {
    const event = script.events[index];
    return event?.kind === "key" ? applyChanges(text, event.changes) : text;
  };
  let end = texts[file] ?? "";
  for (let index = from; index < to; index++) end = play(end, index);
  let text = texts[file] ?? "";
  for (let index = from; index < to; index++) {
    text = play(text, index);
    const step = steps[index];
    if (step !== undefined && end.slice(0, step.cursor) === text.slice(0, step.cursor)) {
      step.future = copy(end.slice(step.cursor, step.cursor + FUTURE_LENGTH));
    }
  }
  texts[file] = end;
}

/** A slice of a string keeps the whole string in memory; a copy does not. */
function copy(text: string): string {
  return Buffer.from(text, "utf16le").toString("utf16le");
}

function isStepPast(text: string, from: number, to: number): boolean {
  return to >= from && /^[\s)\]}]*$/.test(text.slice(from, to));
}

/**
 * The event after which the script stands where accepting a suggestion would lead at once; undefined when it never
 * does before the typist goes elsewhere.
 *
 * @param at the last event that was played.
 * @param text the document after it.
 */
export function acceptedAt(
  script: EditScript,
  steps: readonly Step[],
  at: number,
  text: string,
  suggestion: { text: string; replaceLength: number },
): number | undefined {
  const now = steps[at];
  if (!now?.future?.startsWith(suggestion.text)) {
    return undefined;
  }
  const cursor = now.cursor + suggestion.text.length;
  const change = { offset: now.cursor, length: suggestion.replaceLength, text: suggestion.text };
  const accepted = applyChanges(text, [change]);
  let played = text;
  for (let index = at + 1; index < steps.length && !steps[index]?.leaves; index++) {
    const event = script.events[index];
    if (event?.kind === "key") played = applyChanges(played, event.changes);
    if (steps[index]?.cursor === cursor && played === accepted) {
      return index;
    }
  }
  return undefined;
}
