/**
 * Fits code that a model has written to the indentation of the place where it will be. Models write code as it is
 * in the file, at the margin, or at the margin with the first line only: which of them is told by how the lines fit to
 * one another and to the lines round the place. What is indented as in the file is left alone.
 */
import { languageOf } from "../../text/languages.ts";
import { commonIndent, indentOf, isBlank } from "../../text/lines.ts";
import { commonStart } from "../../text/repeats.ts";
import { initialState } from "../../text/scanner.ts";
import { stateBehind } from "./brackets.ts";
import { commentedOut } from "./commentedOut.ts";
import { blockSteps, converted, foreignStep, isHabit, type Step, type Written } from "./indentSteps.ts";
import { codeIndent, type LineLayout, layoutOf } from "./layout.ts";
import { isAtHomeAtMargin } from "./margin.ts";
import { misfit } from "./misfit.ts";
import type { Surroundings } from "./place.ts";
import { indentedProse } from "./proseIndent.ts";

export interface Placing {
  languageId?: string;
  around?: Surroundings | undefined;
  /** Lines that show how the file is indented, where nothing surrounds the place. */
  sample?: readonly string[];
  /** The code is to stand as deep as the original, whatever surrounds it. */
  isFixed?: boolean;
}

/** Doubt that a first line at the margin was deeper, or less deep, than the original's. */
const OTHER_DEPTH = 0.45;
/** Doubt that code at the margin is meant to be there, where the original was deeper. */
const AS_IN_FILE = 1;
/** Lines of the file on either side that tell how it is indented. */
const NEAR = 200;

/**
 * @param original the lines that are replaced; where there are none the code goes to the margin.
 * @param editorUnit one step of indentation in this file, where its lines do not tell.
 */
export function reindent(
  lines: readonly string[],
  original: readonly string[],
  editorUnit: Step,
  { languageId = "", around, sample = [], isFixed = false }: Placing = {},
): string[] {
  const start = around === undefined ? initialState() : stateBehind(around.before, languageId);
  const old = { lines: original, layout: layoutOf(original, languageId, start) };
  const base = codeIndent(original, old.layout);
  const unit = base.includes("\t") ? "tab" : editorUnit;
  const isOut = commentedOut(lines, original);
  const layout = layoutOf(lines, languageId, start).map((line, index) =>
    isOut[index] ? { ...line, isFree: true, isFreeOfBlock: true } : line,
  );
  const step = stepToConvert({ lines, layout }, old, { base, unit, languageId, around, sample, isFixed });
  const answer = { lines: inCharactersOf(base, lines, layout, step), layout };
  const placed = original.every(isBlank)
    ? shifted(answer, "", indentInNewPlace(answer), [])
    : bestPlaced(answer, old, base, { unit, languageId, around, isFixed });
  return placed.map((line, index) => {
    const keeps = step === undefined || layout[index]?.isInString === true;
    return isBlank(line) ? "" : keeps ? line : inSteps(line, base, step);
  });
}

/** What all lines are indented by where nothing was. A directive at the margin shows that the code is as it should be. */
function indentInNewPlace({ lines, layout }: Written): string {
  const isAtMargin = lines.some((line, index) => layout[index]?.isFreeOfBlock === true && indentOf(line) === "");
  return isAtMargin ? "" : codeIndent(lines, layout);
}

interface Conversion {
  from: Step;
  to: Step;
}

/**
 * What the answer's steps are to become; undefined when they are those of the file, or may be meant. A step that the file has
 * anywhere is its own, as long as no tabs come beside spaces by it.
 */
function stepToConvert(
  { lines, layout }: Written,
  old: Written,
  { base, unit, languageId, around, sample, isFixed }: Required<Placing> & { base: string; unit: Step },
): Conversion | undefined {
  if (languageOf(languageId).isProse) {
    return undefined;
  }
  const original = old.lines;
  const own = blockSteps(lines, layout, languageId);
  const isMixed = base !== "" && own.some((step) => (step === "tab") !== base.startsWith("\t"));
  const examples = [
    () => original,
    () => inPlace(original, around, NEAR),
    () => sample,
    () => (isMixed ? [] : inPlace(original, around, Number.POSITIVE_INFINITY)),
  ];
  const known: Step[] = [];
  for (const example of examples) {
    // Most answers keep to the lines that they replace: then nothing else is looked at.
    if (foreignStep(own, known, unit) === undefined && (known.length > 0 || own.length !== 1)) return undefined;
    const text = example();
    known.push(...blockSteps(text, layoutOf(text, languageId), languageId));
  }
  const from = foreignStep(own, known, unit);
  // What is not as deep as the place has lost how it is indented there: its steps are not those of the place either.
  const isElsewhere = !isFixed && base !== "" && !isAsInFile({ lines, layout }, old, base);
  const isMeant = from === undefined || !(isElsewhere || isHabit({ lines, layout }, old, languageId));
  return isMeant ? undefined : { from, to: known[0] ?? unit };
}

/** The original with so many lines of the file on either side: a line that opens a block stays above what is inside. */
function inPlace(original: readonly string[], around: Surroundings | undefined, most: number): readonly string[] {
  const { before = [], after = [] } = around ?? {};
  return [...before.slice(Math.max(0, before.length - most)), ...original, ...after.slice(0, most)];
}

/** As it is in the file, but for spaces where the file has tabs, or tabs where it has spaces. */
function inCharactersOf(
  base: string,
  lines: readonly string[],
  layout: readonly LineLayout[],
  step: Conversion | undefined,
): readonly string[] {
  const common = codeIndent(lines, layout);
  if (base === "" || common === "" || step === undefined || base[0] === common[0]) {
    return lines;
  }
  return lines.map((line) => converted(indentOf(line), step.from, step.to) + line.slice(indentOf(line).length));
}

function inSteps(line: string, base: string, { from, to }: Conversion): string {
  const indent = indentOf(line);
  return indent.startsWith(base)
    ? base + converted(indent.slice(base.length), from, to) + line.slice(indent.length)
    : line;
}

interface Context {
  unit: Step;
  languageId: string;
  around: Surroundings | undefined;
  isFixed: boolean;
}

/** The reading of the answer that fits best; of equal ones the likeliest. */
function bestPlaced(answer: Written, old: Written, base: string, context: Context): readonly string[] {
  const { lines, layout } = answer;
  const original = old.lines;
  const at = firstOfBlock(answer);
  if (at === -1) return lines;
  const [first = "", ...rest] = lines.slice(at);
  const firstIndent = indentOf(original[firstOfBlock(old)] ?? "");
  const ofCode = codeIndent(lines, layout);
  // At a cursor in a string the first line tells by itself how deep the others are.
  const common = context.isFixed ? ofCode.slice(0, commonStart(ofCode, indentOf(first))) : ofCode;
  const isTemplate = languageOf(context.languageId).syntax === undefined && isOfTemplate(lines, context.around);
  if (isAsInFile(answer, old, base, common) || (isTemplate && !context.isFixed)) {
    return lines;
  }
  if (languageOf(context.languageId).isProse && !context.isFixed) {
    return indentedProse(lines, original, base, context.around ?? { before: [], after: [] });
  }
  const readings: { lines: readonly string[]; doubt: number }[] = [];
  // Lines that have nothing in common, because some begin with tabs and others with blanks, are not at the margin.
  const isAtMargin = lines.some((line) => !isBlank(line) && indentOf(line) === "");
  if (base !== "" && (common !== "" || isAtMargin)) {
    readings.push({ lines: shifted(answer, base, common, original), doubt: common === "" ? 0.05 : 0.5 });
  }
  const restFits = rest.every((line, index) => layout[at + index + 1]?.isFree || indentOf(line).startsWith(base));
  if (indentOf(first) === "" && restFits) {
    readings.push({
      lines: [...lines.slice(0, at), firstIndent + first, ...rest],
      doubt: context.isFixed ? 0.4 : base === "" ? 0.3 : 0.1,
    });
  }
  const ofRest = commonIndent(rest.filter((_, index) => layout[at + index + 1]?.isFree === false));
  if (indentOf(first) === "" && ofRest !== "" && ofRest !== firstIndent && !context.isFixed) {
    // What replaces lines of one depth may begin with a line of another one.
    readings.push({ lines: [...lines.slice(0, at), ofRest + first, ...rest], doubt: OTHER_DEPTH });
  }
  if (!context.isFixed || base === "") {
    const isKnown = base === "" || common !== "" || isAtHomeAtMargin(lines, original, context);
    readings.push({ lines, doubt: isKnown ? 0 : AS_IN_FILE });
  }
  let best = { lines, cost: Number.POSITIVE_INFINITY };
  for (const reading of readings) {
    const cost = misfit(reading.lines, layout, original, context) + reading.doubt;
    if (cost < best.cost) best = { lines: reading.lines, cost };
  }
  return best.lines;
}

/** Whether the answer begins as deep as the original, or all of it, with this in common, is at least as deep as that. */
function isAsInFile(
  answer: Written,
  old: Written,
  base: string,
  common = codeIndent(answer.lines, answer.layout),
): boolean {
  const [first, oldFirst] = [answer, old].map((text) => indentOf(text.lines[firstOfBlock(text)] ?? ""));
  return first === oldFirst || (base !== "" && common.startsWith(base));
}

/** The index of the first line that the depth of the code matters to, or -1. */
function firstOfBlock({ lines, layout }: Written): number {
  return lines.findIndex((line, index) => !isBlank(line) && layout[index]?.isFreeOfBlock === false);
}

/** A line of a template language: its mark with the first word. */
const TEMPLATE = /^\s*(?:\$(?=[^$]*\$\s*$)|\{\{[-~#/]?|\{%[-~]?|<%[-=]?)\s*\w+/;

/** Whether the lines are some of a template that stand at the margin where the file has most such lines. */
function isOfTemplate(lines: readonly string[], around: Surroundings | undefined): boolean {
  const words = new Set(lines.filter((line) => !isBlank(line)).map((line) => TEMPLATE.exec(line)?.[0] ?? ""));
  const file = [...(around?.before ?? []), ...(around?.after ?? [])];
  const same = file.flatMap((line) => {
    const found = TEMPLATE.exec(line)?.[0];
    return found !== undefined && words.has(found.trim()) ? [found] : [];
  });
  return !words.has("") && same.filter((found) => indentOf(found) === "").length * 2 > same.length;
}

/** Code at the margin moved to its place. What strings hold stays as it was in the original, where it was there. */
function shifted({ lines, layout }: Written, base: string, common: string, original: readonly string[]): string[] {
  const inStrings = stringLines(lines, layout);
  return lines.map((line, index) => {
    const isLaidOut = inStrings[index] === "laid out";
    const isInString = layout[index]?.isInString === true && !isLaidOut;
    const isFreeOfBlock = layout[index]?.isFreeOfBlock === true && indentOf(line) === "";
    if (isBlank(line)) {
      return "";
    }
    if (isInString) {
      const same = original.filter((old) => old.trim() === line.trim());
      if (same[0] !== undefined && same.every((old) => old === same[0])) {
        return same[0];
      }
    }
    if (inStrings[index] === "at the margin" || isFreeOfBlock) {
      return line;
    }
    return line.startsWith(common) ? base + line.slice(common.length) : line;
  });
}

type StringLine = "laid out" | "at the margin" | undefined;

/**
 * Of lines in strings, how the text of their string stands: laid out with the code, where it is closed on a line of its own
 * that is as deep as the one on which it begins, and no line is less deep; at the margin, where some line is there, so that
 * the code's depth does not matter to it.
 */
function stringLines(lines: readonly string[], layout: readonly LineLayout[]): StringLine[] {
  const found = lines.map((): StringLine => undefined);
  for (let start = 0; start < lines.length; start++) {
    if (layout[start]?.isInString !== true || layout[start - 1]?.isInString === true) continue;
    let end = start;
    while (layout[end + 1]?.isInString === true) end++;
    const depth = indentOf(lines[start - 1] ?? "");
    const [text, closing] = [lines.slice(start, end), lines[end] ?? ""];
    const isClosed = indentOf(closing) === depth && /^\s*[`"']/.test(closing);
    const isInside = text.every((line) => isBlank(line) || (line.startsWith(depth) && indentOf(line) !== depth));
    // Ruby takes away from such text what all of its lines are indented by.
    const isFree =
      /<<~["'`]?\w/.test(lines[start - 1] ?? "") &&
      [...text, closing].every((line) => isBlank(line) || line.startsWith(depth));
    const isAtMargin = [...text, closing].some((line) => !isBlank(line) && indentOf(line) === "");
    const kind = isFree || (start > 0 && isClosed && isInside) ? "laid out" : isAtMargin ? "at the margin" : undefined;
    found.fill(kind, start, end + 1);
  }
  return found;
}
