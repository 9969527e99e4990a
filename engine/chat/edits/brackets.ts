/** Whether brackets, strings and comments still fit when one text takes the place of another. */
import { languageOf } from "../../text/languages.ts";
import { type Frame, initialState, type ScanState, scanState } from "../../text/scanner.ts";
import type { Surroundings } from "./place.ts";

/**
 * Checks what the text needs, not what it had: if a bracket was missing before, the answer that adds it is right.
 *
 * @param around when it is known, the whole file decides; otherwise the answer fits when it leaves open what the
 * original left open, or nothing.
 */
export function bracketsFit(
  answer: string,
  original: string,
  languageId: string,
  around: Surroundings | undefined,
): boolean {
  if (languageOf(languageId).syntax === undefined) {
    return true;
  }
  const start = around === undefined ? initialState() : stateBehind(around.before, languageId);
  const [fresh, old] = [answer, original].map((text) => scanState(`${text}\n`, languageId, start)) as [
    ScanState,
    ScanState,
  ];
  if (shape(fresh) === shape(old)) {
    return true;
  }
  if (around === undefined) {
    return faults(fresh) === 0;
  }
  const after = joined(around.after);
  return faults(scanState(after, languageId, fresh)) <= faults(scanState(after, languageId, old));
}

/** How many brackets, strings and comments of the file do not fit with a text in this place. */
export function bracketFaults(text: readonly string[], languageId: string, { before, after }: Surroundings): number {
  const inside = scanState(joined(text), languageId, stateBehind(before, languageId));
  return faults(scanState(joined(after), languageId, inside));
}

let last: { text: string; languageId: string; state: ScanState } | undefined;

/**
 * The scanner's state after these lines. The last result is kept, because the same lines are asked for repeatedly while
 * an answer is written.
 */
export function stateBehind(lines: readonly string[], languageId: string): ScanState {
  const text = joined(lines);
  if (last?.text !== text || last.languageId !== languageId) {
    last = { text, languageId, state: scanState(text, languageId) };
  }
  return last.state;
}

/** How many brackets, strings and comments are open behind these lines; elements do not count. */
export function bracketsOpenBehind(lines: readonly string[], languageId: string): number {
  return framesOf(stateBehind(lines, languageId)).length;
}

function joined(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join("");
}

/** Everything that is open, as text that can be compared. */
function shape(state: ScanState): string {
  return `${state.misfits} ${framesOf(state)
    .map(({ kind, open }) => `${kind}${open}`)
    .join(" ")}`;
}

/** The number of things left open and of closing brackets that closed nothing. */
function faults(state: ScanState): number {
  return state.misfits + framesOf(state).length;
}

function framesOf({ frame }: ScanState): Frame[] {
  const frames: Frame[] = [];
  for (let one = frame; one !== undefined; one = one.parent) {
    if (one.kind !== "markup" && one.kind !== "directive") frames.push(one);
  }
  return frames;
}
