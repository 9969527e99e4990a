/**
 * What a script's typist goes on to write at each place: the answers that suggestions are judged by.
 */
import { applyChanges, type EditScript } from "./script.ts";

/** The documents after an event of a script. */
export interface Step {
  file: number;
  text: string;
  cursor: number;
  /** The text that stands behind the cursor when this stretch of typing is over; undefined after a slip of the finger. */
  future: string | undefined;
}

/** Longer than any suggestion. */
const FUTURE_LENGTH = 2000;

/** One step per event. Texts are shared between steps, so that the list costs little more than the events. */
export function stepsOf(script: EditScript): Step[] {
  const texts = script.files.map((file) => file.text);
  let file = 0;
  const steps = script.events.map((event): Step => {
    if (event.kind === "show") {
      file = event.file;
    } else if (event.kind === "key") {
      texts[file] = applyChanges(texts[file] ?? "", event.changes);
    }
    return { file, text: texts[file] ?? "", cursor: event.offset, future: undefined };
  });
  let end: Step | undefined;
  for (let index = steps.length - 1; index >= 0; index--) {
    const step = steps[index] as Step;
    if (end === undefined || end.file !== step.file || leaves(script, steps, index + 1)) {
      end = step;
    }
    if (end.text.slice(0, step.cursor) === step.text.slice(0, step.cursor)) {
      step.future = end.text.slice(step.cursor, step.cursor + FUTURE_LENGTH);
    }
  }
  return steps;
}

/** Whether an event ends the stretch before it: another place, and not just the arrow keys over a closing bracket. */
function leaves(script: EditScript, steps: readonly Step[], index: number): boolean {
  const event = script.events[index];
  const before = steps[index - 1];
  if (event === undefined || before === undefined || event.kind === "show") return true;
  return event.kind === "move" && !isStepPast(before.text, before.cursor, event.offset);
}

/** Whether the cursor only went over white space and closing brackets. */
export function isStepPast(text: string, from: number, to: number): boolean {
  return to >= from && /^[\s)\]}]*$/.test(text.slice(from, to));
}

/**
 * The event after which the script stands where accepting a suggestion would lead at once; undefined when it never
 * does before the typist goes elsewhere.
 *
 * @param at the last event that was played.
 */
export function acceptedAt(
  script: EditScript,
  steps: readonly Step[],
  at: number,
  suggestion: { text: string; replaceLength: number },
): number | undefined {
  const now = steps[at];
  if (now?.future === undefined || !now.future.startsWith(suggestion.text)) {
    return undefined;
  }
  const cursor = now.cursor + suggestion.text.length;
  const change = { offset: now.cursor, length: suggestion.replaceLength, text: suggestion.text };
  const text = applyChanges(now.text, [change]);
  for (let index = at + 1; index < steps.length && !leaves(script, steps, index); index++) {
    const step = steps[index] as Step;
    if (step.cursor === cursor && step.text === text) {
      return index;
    }
  }
  return undefined;
}
