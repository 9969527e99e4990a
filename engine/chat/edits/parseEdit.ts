/**
 * Decides whether an answer is code that can replace other code. Small models leave parts out, stop half-way, or write
 * sentences. Such an answer is shown, but never applied.
 */
import type { AnswerEnd } from "../../protocol/chat.ts";
import { answerFence } from "../../text/fences.ts";
import { languageOf } from "../../text/languages.ts";
import { indentOf, linesOf, trimBlank } from "../../text/lines.ts";
import { answerLines, hasPairedFences } from "./answerText.ts";
import { bracketFaults, bracketsFit } from "./brackets.ts";
import { leavesOut } from "./elision.ts";
import { withoutClosers, withoutSurroundings } from "./overlap.ts";
import { withoutEntities, withoutNumbers } from "./packaging.ts";
import { patched } from "./patch.ts";
import type { Surroundings } from "./place.ts";
import { reindent } from "./reindent.ts";
import { isTalk, withoutTalkBehind } from "./talk.ts";

export type ParsedEdit = { kind: "edit"; text: string } | { kind: "refused"; reason: string };

export interface EditRequest {
  /** The code to be replaced; "" when code is added. */
  original: string;
  languageId: string;
  indent: number | "tab";
  /** The fence that the answer was begun with, "" for code without one; if missing, the one that the original needs. */
  fence?: string;
  /** The rest of the file, if it is known. */
  around?: Surroundings;
  /** Other lines that show how the file is indented. */
  sample?: readonly string[];
}

/** At least half of this share of the lines of code differ; lines such as "}" or "end" do not count. */
const DISTINCT = 0.5;
const LONGEST = 40_000;
/** An answer of more than this many times the original's characters is longer than any rewriting. */
const LONGEST_GROWTH = 6;
const SHORT = 1_200;

/** @param answer the text after the opening fence, up to the closing fence. */
export function parseEdit(answer: string, end: AnswerEnd, request: EditRequest): ParsedEdit {
  const refused = (reason: string): ParsedEdit => ({ kind: "refused", reason });
  if (end === "length") {
    return refused("The answer reached its greatest length before the code was complete.");
  }
  if (end === "loop") {
    return refused("The answer began to repeat itself.");
  }
  const { original, languageId, around, fence = answerFence(languageId, original) } = request;
  const old = original === "" ? [] : linesOf(original);
  const place = around ?? { before: [], after: [] };
  const file = [...place.before, ...old, ...place.after];
  const rest = around && hasPairedFences([...around.before, ...around.after]);
  const written = answerLines(file[0]?.startsWith("\uFEFF") ? answer : answer.replace(/^\uFEFF/, ""), {
    languageId,
    fence,
    original: old,
    ...(rest !== undefined && { restIsPaired: rest }),
  });
  if (written === undefined) {
    return refused("The answer holds several blocks of code.");
  }
  const result = patched(written, file, languageId);
  if (result === "unfit" || (result !== undefined && !isWithin(result, file, place))) {
    return refused("The answer is a diff that does not fit the code.");
  }
  const unnumbered = withoutNumbers(written, languageOf(languageId).isProse ? [] : file);
  const bare = withoutEntities(unnumbered, languageId, place.before);
  const own = around === undefined ? [...bare] : withoutRepeated(bare, around, languageId);
  const lines =
    result?.slice(place.before.length, result.length - place.after.length) ??
    withoutTalkBehind(own, old, languageId, around);
  if (lines.length === 0) {
    return refused("The answer holds no code.");
  }
  if (isTalk(lines, old, languageId, around)) {
    return refused("The answer is text, not code.");
  }
  if (leavesOut(lines, old, languageId, around)) {
    return refused("The answer leaves parts of the code out.");
  }
  if (isFarLonger(lines, old, around)) {
    return refused("The answer is far longer than the code it would replace.");
  }
  const fits = (text: readonly string[]) => bracketsFit(text.join("\n"), old.join("\n"), languageId, around);
  const placed = (text: readonly string[]) =>
    reindent(text, old, request.indent, { languageId, around, sample: request.sample ?? [] });
  let text = result === undefined ? placed(lines) : lines;
  if (!fits(text)) {
    const shorter = around && withoutClosers(lines, around);
    text = shorter ? placed(shorter) : [];
    if (text.length === 0 || !fits(text)) return refused("The brackets of the answer do not match.");
  }
  return text.join("\n") === old.join("\n")
    ? refused("The answer changes nothing.")
    : { kind: "edit", text: text.join("\n") };
}

/** The lines without those that the file has around the place, unless brackets fit better with all of them. */
function withoutRepeated(lines: readonly string[], around: Surroundings, languageId: string): string[] {
  const own = withoutSurroundings(lines, around);
  if (own.length === trimBlank(lines).length || languageOf(languageId).syntax === undefined) return own;
  const [all, less] = [lines, own].map((text) => bracketFaults(text, languageId, around)) as [number, number];
  return all < less ? trimBlank(lines) : own;
}

/** Whether a changed file differs from the old one only between the lines around a place. */
function isWithin(lines: readonly string[], file: readonly string[], { before, after }: Surroundings): boolean {
  const shift = lines.length - file.length;
  return (
    lines.length >= before.length + after.length &&
    before.every((line, index) => line === lines[index]) &&
    after.every((line, index) => line === lines[index + shift + file.length - after.length])
  );
}

/**
 * Whether an answer is much longer than what it replaces, keeps hardly any of it, and consists of repetitions or of
 * other lines of the file. The model has then written more than it was asked for.
 */
function isFarLonger(lines: readonly string[], original: readonly string[], around: Surroundings | undefined): boolean {
  const [size, before] = [lines, original].map((text) => text.join("\n").length) as [number, number];
  if (original.length === 0 || size <= Math.max(SHORT, before * LONGEST_GROWTH)) {
    return false;
  }
  const texts = (all: readonly string[]) =>
    new Set(all.filter((line) => line.trim().length > 3).map((line) => line.trim()));
  const written = texts(lines);
  const kept = [...texts(original)].filter((line) => written.has(line)).length;
  if (kept * 2 >= texts(original).size) {
    return false;
  }
  const file = around === undefined ? [] : [...around.before, ...around.after];
  const foreign = hasNewHeads(lines, file) ? 0 : onlyOnes(file, written);
  return size > LONGEST || written.size * 2 < lines.length * DISTINCT || foreign * 2 > written.size;
}

/** Whether what begins at the margin of an answer is nowhere in the file: then it is another version of what is there. */
function hasNewHeads(lines: readonly string[], file: readonly string[]): boolean {
  const telling = lines.filter((line) => /^\s*[\p{L}_@$]/u.test(line));
  const depth = Math.min(...telling.map((line) => indentOf(line).length));
  const known = new Set(file.map((line) => line.trim()));
  return telling.every((line) => indentOf(line).length > depth || !known.has(line.trim()));
}

/** How many of the lines occur exactly once in the file; frequent lines say nothing. */
function onlyOnes(file: readonly string[], lines: ReadonlySet<string>): number {
  const counts = new Map<string, number>();
  for (const line of file) {
    const text = line.trim();
    if (lines.has(text)) counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return [...counts.values()].filter((count) => count === 1).length;
}
