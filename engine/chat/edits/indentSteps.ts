/** Steps of indentation: which steps a text uses, and how white space is converted to another step. */
import { opensBlock } from "../../text/languages.ts";
import { indentOf } from "../../text/lines.ts";
import type { LineLayout } from "./layout.ts";

/** The number of spaces of a step, or "tab". */
export type Step = number | "tab";

/** Steps that models use when they do not follow the file. */
const USUAL_STEPS: readonly Step[] = ["tab", 2, 3, 4, 8];

/** Who may use the members below, in a class of C++: such a line is mostly less deep than they are. */
const ACCESS =
  /^\s*(?:public|protected|private|signals|(?:public|protected|private)\s+(?:slots|Q_SLOTS))\s*:\s*(?:\/\/.*)?$/;

/** A block of code: the line that opens it, and by how much what is inside is deeper. */
interface Block {
  opener: string;
  step: Step;
}

function blocksOf(lines: readonly string[], layout: readonly LineLayout[], languageId: string): Block[] {
  const blocks: Block[] = [];
  let opener: { line: string; indent: string } | undefined;
  for (const [index, line] of lines.entries()) {
    if (layout[index]?.isFree !== false || ACCESS.test(line)) {
      continue;
    }
    const step = opener === undefined ? undefined : stepBetween(opener.indent, indentOf(line));
    if (opener !== undefined && step !== undefined) blocks.push({ opener: opener.line.trim(), step });
    // What belongs to an item of a list is as deep as the item's text.
    const mark = " ".repeat(layout[index].mark);
    opener = opensBlock(line, languageId) ? { line, indent: indentOf(line) + mark } : undefined;
  }
  return blocks;
}

/** The steps by which blocks in these lines are deeper than the lines that open them, the most frequent first. */
export function blockSteps(lines: readonly string[], layout: readonly LineLayout[], languageId: string): Step[] {
  const counts = new Map<Step, number>();
  for (const { step } of blocksOf(lines, layout, languageId)) counts.set(step, (counts.get(step) ?? 0) + 1);
  return [...counts].sort(([, one], [, other]) => other - one).map(([step]) => step);
}

/**
 * Whether a step that the file has nowhere is a habit of who wrote the answer, and not what the place is to have. It is one
 * where the answer repeats a line that opens a block, with another step behind it than that line had. Without such a line
 * several blocks tell, but only where nothing of the old text is repeated.
 */
export function isHabit(answer: Written, old: Written, languageId: string): boolean {
  const [own, known] = [answer, old].map(({ lines, layout }) => blocksOf(lines, layout, languageId)) as [
    Block[],
    Block[],
  ];
  const texts = (lines: readonly string[]) => lines.map((line) => line.trim()).filter((line) => line !== "");
  const [written, original] = [texts(answer.lines), texts(old.lines)];
  // Where nothing else is new, the indentation is what was to change.
  if (written.join("\n") === original.join("\n")) return false;
  const steps = new Map(known.map(({ opener, step }) => [opener, step]));
  if (own.some(({ opener, step }) => /\w/.test(opener) && (steps.get(opener) ?? step) !== step)) return true;
  // Most code ends in the same bracket.
  const isRepeated = (line: string, index: number) =>
    original.includes(line) && (index + 1 < written.length || /\w/.test(line));
  return own.length > 1 && !written.some(isRepeated);
}

export interface Written {
  lines: readonly string[];
  layout: readonly LineLayout[];
}

function stepBetween(outer: string, inner: string): Step | undefined {
  if (!inner.startsWith(outer) || inner === outer) {
    return undefined;
  }
  const rest = inner.slice(outer.length);
  return rest.startsWith("\t") ? "tab" : rest.length;
}

/**
 * The only step of an answer, if the file does not use it; undefined if the answer follows the file.
 *
 * @param known steps of the file; if it has none, its unit counts.
 */
export function foreignStep(own: readonly Step[], known: readonly Step[], unit: Step): Step | undefined {
  const [step, ...others] = own;
  if (step === undefined || others.length > 0 || !USUAL_STEPS.includes(step)) {
    return undefined;
  }
  return known.includes(step) || (known.length === 0 && step === unit) ? undefined : step;
}

/** White space converted to steps of another width. What is not a whole step, as in aligned lines, keeps its spaces. */
export function converted(indent: string, from: Step, to: Step): string {
  if (from !== "tab" && indent.includes("\t")) {
    return indent;
  }
  const steps = from === "tab" ? indent.replaceAll(/[^\t]/g, "").length : Math.floor(indent.length / from);
  const rest = from === "tab" ? indent.replaceAll("\t", "") : " ".repeat(indent.length % from);
  return (to === "tab" ? "\t".repeat(steps) : " ".repeat(steps * to)) + rest;
}
