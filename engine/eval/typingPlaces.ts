/**
 * Chooses places in finished files at which somebody who types would pause, with the document as it would be at that
 * moment, and judges suggestions at these places.
 */
import { autoClose } from "../replay/autoClose.ts";
import { isClosers } from "../text/closers.ts";
import { kindAtCursor } from "../text/codeState.ts";
import { cursorContext } from "../text/cursor.ts";
import { columnsOf } from "../text/indentation.ts";
import { isWordCharacter } from "../text/words.ts";

export interface TypingPlace {
  path: string;
  languageId: string;
  /** The document at that moment: the rest of the block is not written yet. It has LF between lines. */
  text: string;
  /** Offset of the cursor in the text. */
  offset: number;
  /** What is typed from the cursor to the end of the block. */
  truth: string;
  /**
   * The offsets, in the truth, of the closing brackets and quotes that the editor has already put after the cursor, in
   * their order.
   */
  closers: readonly number[];
}

/**
 * - "line": it is right, and ends at the end of a line;
 * - "beginning": it is right, and ends within a line, where a word, a bracket or a value ends;
 * - "cut": it is right, but ends within a word, or after an operator that needs another value;
 * - "wrong": accepting it gives another document.
 */
export const VERDICTS = ["line", "beginning", "cut", "wrong"] as const;
export type Verdict = (typeof VERDICTS)[number];

/** Lines longer than this are data. */
const LONGEST_LINE = 200;
/** Shorter lines ("}", "do") leave nothing to suggest. */
const SHORTEST_LINE = 3;
/** How many random places are tried for each one that is asked for, because many of them are comments. */
const ATTEMPTS = 8;
/** An operator that needs another value, at the end of a text. */
const DANGLING = /(?:[.=*/%&|^?]|(?<!\+)\+|(?<!-)-|=>|\s[<>])\s*$/;

/** Chooses places at random; fewer where the text has fewer. The same random numbers give the same places. */
export function typingPlaces(
  source: { path: string; languageId: string; text: string },
  count: number,
  random: () => number,
): TypingPlace[] {
  const lines = source.text.split("\n");
  const eligible = [...lines.keys()].filter((at) => {
    const line = lines[at] ?? "";
    return line.trim().length >= SHORTEST_LINE && line.length <= LONGEST_LINE && !isClosers(line);
  });
  const places: TypingPlace[] = [];
  for (let attempt = 0; attempt < ATTEMPTS * count && places.length < count && eligible.length > 0; attempt++) {
    const at = eligible[Math.floor(random() * eligible.length)] ?? 0;
    const pauses = pausesIn(lines[at] ?? "");
    const column = pauses[Math.floor(random() * pauses.length)];
    const place = column === undefined ? undefined : placeAt(source, lines, at, column);
    if (place !== undefined) places.push(place);
  }
  return places;
}

/**
 * The columns of a line where people pause: after the indentation, which Enter has inserted, and after a whole word, a
 * blank or a mark, but not between two equal marks.
 */
function pausesIn(line: string): number[] {
  const first = line.search(/\S/);
  const pauses = [first];
  for (let column = first + 1; column < line.trimEnd().length; column++) {
    const [before = "", behind = ""] = [line[column - 1], line[column]];
    if (before !== behind && !(isWordCharacter(before) && isWordCharacter(behind))) pauses.push(column);
  }
  return pauses;
}

function placeAt(
  { path, languageId, text }: { path: string; languageId: string; text: string },
  lines: readonly string[],
  at: number,
  column: number,
): TypingPlace | undefined {
  const line = lines[at] ?? "";
  const end = blockEnd(lines, at);
  const before = lines.slice(0, at).map((one) => `${one}\n`);
  const offset = before.join("").length + column;
  const truth = [line.slice(column), ...lines.slice(at + 1, end)].join("\n");
  if (kindAtCursor(cursorContext({ path, languageId, text }, offset)) === "comment") return undefined;
  const { closers, behind } = closedBehind(line.slice(0, column), truth);
  const below = lines
    .slice(end)
    .map((one) => `\n${one}`)
    .join("");
  return { path, languageId, text: text.slice(0, offset) + behind + below, offset, truth, closers };
}

/** The line after the block that a line is in: the first line that is indented less, or the next one at the margin. */
function blockEnd(lines: readonly string[], at: number): number {
  const depth = columnsOf(lines[at] ?? "");
  let end = at + 1;
  for (let next = at + 1; next < lines.length; next++) {
    const line = lines[next] ?? "";
    if (line.trim() === "") continue;
    if (columnsOf(line) < depth) break;
    if (depth === 0 && columnsOf(line) === 0) return isClosers(line) ? next + 1 : end;
    end = next + 1;
  }
  return end;
}

/** The brackets and quotes that the editor has closed by itself, while the beginning of the line was typed. */
function closedBehind(typed: string, truth: string): { closers: number[]; behind: string } {
  const line = typed + truth;
  const closed: { closer: string; at: number }[] = [];
  let until = 0;
  for (let index = 0; index < typed.length; index++) {
    // Within a string brackets are not closed.
    if (index < until) continue;
    const close = autoClose(line, index, "");
    if (close === undefined) continue;
    if (/["'`]/.test(close.closer)) until = close.at + 1;
    if (close.at >= typed.length) closed.unshift({ closer: close.closer, at: close.at - typed.length });
  }
  return { closers: closed.map(({ at }) => at), behind: closed.map(({ closer }) => closer).join("") };
}

/** Judges the document that results when a suggestion is accepted. */
export function verdictOn(
  { truth, closers }: Pick<TypingPlace, "truth" | "closers">,
  { text, replaceLength }: { text: string; replaceLength: number },
): Verdict {
  const shown = trimEnds(text);
  if (!trimEnds(truth).startsWith(shown)) return "wrong";
  // Accepting it must overwrite the closers after the cursor that the text contains, and no others.
  if (replaceLength !== closers.filter((at) => at < text.length).length) return "wrong";
  const rest = trimEnds(truth).slice(shown.length);
  const line = rest.slice(0, rest.indexOf("\n") === -1 ? rest.length : rest.indexOf("\n"));
  if (line.length <= closers.length - replaceLength && isClosers(line)) return "line";
  const isInWord = isWordCharacter(shown.at(-1) ?? "") && isWordCharacter(rest.charAt(0));
  return isInWord || DANGLING.test(shown) ? "cut" : "beginning";
}

function trimEnds(text: string): string {
  return text.replace(/(?<![ \t])[ \t]+$/gm, "");
}
