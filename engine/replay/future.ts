/** Determines what a script's typist writes next at each place, so that suggestions can be judged by it. */
import { copySlice } from "../text/copySlice.ts";
import { applyChanges, type EditScript } from "./script.ts";

/** The state of a script after an event. It does not hold the document, because there are thousands of steps. */
export interface Step {
  file: number;
  cursor: number;
  /** Whether the event goes to another file, or to another place in the file, which ends a stretch of typing. */
  leaves: boolean;
  /** Whether the cursor only moved over white space and closing brackets. */
  past: boolean;
  /**
   * The text that follows this cursor at the end of the stretch, up to a maximum length. Undefined when the text before
   * the cursor has been changed by then, for instance after a typing error.
   */
  future: string | undefined;
}

/** Maximum length in characters, longer than any suggestion. */
const FUTURE_LENGTH = 1000;

/** The states of a script, one for each event. */
export function stepsOf(script: EditScript): Step[] {
  const texts = script.files.map((file) => file.text);
  const steps: Step[] = [];
  let file = 0;
  let first = 0;
  // The events are played twice: first to the end of each stretch, then again to compare each step with that end.
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

/** Plays the events [from, to), which are all in one file, and fills in the futures of their steps. */
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
      step.future = copySlice(end.slice(step.cursor, step.cursor + FUTURE_LENGTH));
    }
  }
  texts[file] = end;
}

function isStepPast(text: string, from: number, to: number): boolean {
  return to >= from && /^[\s)\]}]*$/.test(text.slice(from, to));
}

/**
 * The event after which the script has the text that accepting a suggestion would give at once; undefined when the
 * typist goes elsewhere before that.
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
