/** Cuts holes of every kind into finished files. Pure and seeded: same files, same holes. */
import { Random } from "../replay/random.ts";
import { type Hole, KINDS, type Kind } from "./hole.ts";

interface SourceFile {
  path: string;
  /** LF. */
  text: string;
}

type HoleText = Pick<Hole, "prefix" | "middle" | "suffix">;

/**
 * Where people pause: after an opening bracket or an operator, and after a blank that follows a word or an operator.
 */
const STOP = /(?<=[.([{=,:!&|?<>+])|(?<=[\w=,:(>&|+\-*/] )/g;
/** The share of "line" holes that begin at such a place. The others begin anywhere, so mostly inside a word. */
const AT_STOPS = 0.7;
const WORD = /[\p{L}_$][\p{L}\p{N}_$]{3,}/gu;
const BRACKETS = /\(([^()\n]+)\)/g;
const COMMENT = /^\s*(\/\/|#|\/?\*)/;
const LONGEST_BLOCK = 8;
/** Number of lines at the top of a file that are skipped, because too little text precedes them. */
const FIRST_LINE = 3;
/** How many places are tried for each hole that is asked for. */
const TRIES = 40;

/** `count` holes of each kind, or fewer when the files have fewer places. */
export function makeHoles(files: readonly SourceFile[], count: number, seed: number): Hole[] {
  const random = new Random(seed);
  const sources = files.map(({ path, text }) => ({ path, lines: text.replace(/\n$/, "").split("\n") }));
  return KINDS.flatMap((kind) => {
    const holes = new Map<string, Hole>();
    const largest = count * TRIES;
    for (let tried = 0; holes.size < count && tried < largest && sources.length > 0; tried++) {
      const { path, lines } = sources[random.between(0, sources.length - 1)] ?? { path: "", lines: [] };
      if (lines.length <= FIRST_LINE) continue;
      const line = random.between(FIRST_LINE, lines.length - 1);
      const place = COMMENT.test(lines[line] ?? "") ? undefined : CUT[kind](lines, line, random);
      if (place !== undefined) holes.set(`${path}:${place.prefix.length}`, { path, kind, ...place });
    }
    return [...holes.values()];
  });
}

/** A hole of one kind in a line, or undefined when the line has none. */
const CUT: Record<Kind, (lines: readonly string[], at: number, random: Random) => HoleText | undefined> = {
  line(lines, at, random) {
    const line = lines[at] ?? "";
    const body = indentOf(line);
    if (line.length - body < 4) return undefined;
    const stops = [...line.matchAll(STOP)].map(({ index }) => index).filter((i) => i > body && i < line.length);
    const start =
      stops.length > 0 && random.chance(AT_STOPS) ? pick(stops, random) : random.between(body, line.length - 1);
    return holeInLine(lines, at, start, line.slice(start), "");
  },
  identifier(lines, at, random) {
    const words = [...(lines[at] ?? "").matchAll(WORD)];
    if (words.length === 0) return undefined;
    const { index, 0: word } = pick(words, random);
    const typed = random.between(1, 2);
    return holeInLine(lines, at, index + typed, word.slice(typed), "");
  },
  arguments(lines, at, random) {
    const calls = [...(lines[at] ?? "").matchAll(BRACKETS)];
    if (calls.length === 0) return undefined;
    const { index, 1: inner = "" } = pick(calls, random);
    return holeInLine(lines, at, index + 1, inner, ")");
  },
  block(lines, at) {
    const end = blockEnd(lines, at);
    if (end === at || end - at > LONGEST_BLOCK || end === lines.length - 1) return undefined;
    const first = lines[at + 1] ?? "";
    const indent = indentOf(first);
    const body = [first.slice(indent), ...lines.slice(at + 2, end + 1)].join("\n");
    const prefix = `${lines.slice(0, at + 1).join("\n")}\n${first.slice(0, indent)}`;
    return { prefix, middle: body, suffix: `\n${lines.slice(end + 1).join("\n")}` };
  },
};

/** A hole inside line `at`; `rest` is the part of the line after it. */
function holeInLine(
  lines: readonly string[],
  at: number,
  start: number,
  middle: string,
  rest: string,
): HoleText | undefined {
  if (middle.trim() === "") return undefined;
  const above = lines.slice(0, at).map((line) => `${line}\n`);
  const below = lines.slice(at + 1).map((line) => `\n${line}`);
  return { prefix: above.join("") + (lines[at] ?? "").slice(0, start), middle, suffix: rest + below.join("") };
}

/** Index of the last of the more deeply indented lines after line `at`, or `at`. */
export function blockEnd(lines: readonly string[], at: number): number {
  const depth = indentOf(lines[at] ?? "");
  // Only lines that open a block count; deeper lines after other lines continue an expression.
  if (!/[{:([]$/.test(lines[at] ?? "") || (lines[at + 1] ?? "").trim() === "") return at;
  let end = at;
  for (let i = at + 1; i < lines.length; i++) {
    const line = lines[i] ?? "";
    if (line.trim() === "") continue;
    if (indentOf(line) <= depth) break;
    end = i;
  }
  return end;
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}

function pick<T>(values: readonly T[], random: Random): T {
  return values[random.between(0, values.length - 1)] as T;
}
