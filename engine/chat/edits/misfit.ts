/** Measures how badly the indentation of lines fits their content and the lines around them. */
import { indentOf, isBlank } from "../../text/lines.ts";
import type { Step } from "./indentSteps.ts";
import { type LineLayout, layoutOf, widthOf } from "./layout.ts";
import type { Surroundings } from "./place.ts";

const TAB = 4;
/** The cost of an indentation that is against the habits of the language; below, of one that is only unusual. */
const WRONG = 2;
const ODD = 0.25;

interface Opener {
  /** The indentation of the line with the opening bracket, in columns; below, the column of the bracket. */
  width: number;
  column: number;
  /** What is inside may be as deep as the line that opens; then all of it is. */
  isLoose: boolean;
  /** Columns of the first line inside. */
  inside?: number;
}

/** Lines above that are searched for brackets that are open. */
const NEAR = 500;

/**
 * @param layout the layout of the lines.
 * @param original the lines that are in the place now.
 * @returns 0 when everything fits.
 */
export function misfit(
  lines: readonly string[],
  layout: readonly LineLayout[],
  original: readonly string[],
  context: { unit: Step; languageId: string; around: Surroundings | undefined },
): number {
  const { before = [], after = [] } = context.around ?? {};
  const above = before.findLast((line) => !isBlank(line));
  const below = after.find((line) => !isBlank(line));
  const all = [...(above === undefined ? [] : [above]), ...lines, ...(below === undefined ? [] : [below])];
  const outside = (line: string | undefined) => (line === undefined ? [] : layoutOf([line], context.languageId));
  const layouts = [...outside(above), ...layout, ...outside(below)];
  const first = original.find((line) => !isBlank(line)) ?? "";
  const width = widthOf(indentOf(first), TAB);
  // A closing bracket stays at its column.
  const enclosing = [
    ...(/^\s*[)\]}]/.test(first) ? [width] : []),
    ...enclosingWidths(before, width, context.languageId),
  ];
  return misfitOf(all, layouts, enclosing, context.unit);
}

/** The columns of the lines that enclose the place, the innermost first: by brackets, else by indentation. */
function enclosingWidths(before: readonly string[], width: number, languageId: string): number[] {
  const open: number[] = [];
  const near = before.slice(-NEAR);
  for (const [index, { isFree, closers, brackets }] of layoutOf(near, languageId).entries()) {
    if (isFree) continue;
    open.splice(Math.max(0, open.length - closers));
    for (const bracket of brackets) {
      if (bracket === "close") open.pop();
      else open.push(widthOf(indentOf(near[index] ?? ""), TAB));
    }
  }
  if (open.length > 0) return open.reverse();
  const widths: number[] = [];
  let smallest = width;
  for (let index = before.length - 1; index >= 0 && smallest > 0; index--) {
    const line = before[index] ?? "";
    const columns = widthOf(indentOf(line), TAB);
    if (!isBlank(line) && columns < smallest && !/^\s*[)\]}]/.test(line)) {
      widths.push(columns);
      smallest = columns;
    }
  }
  return widths;
}

function misfitOf(
  lines: readonly string[],
  layout: readonly LineLayout[],
  enclosing: readonly number[],
  unit: Step,
): number {
  const open: Opener[] = [];
  const outer = [...enclosing];
  let cost = 0;
  let previous: { width: number; layout: LineLayout } | undefined;
  for (const [index, line] of lines.entries()) {
    const own = layout[index];
    if (own === undefined || own.isFree) {
      continue;
    }
    const width = widthOf(indentOf(line), TAB);
    const innermost = open.at(-1);
    if (own.closers > 0) {
      let closed: number | undefined;
      for (let count = 0; count < own.closers; count++) closed = open.pop()?.width ?? outer.shift();
      if (closed !== undefined && closed !== width) cost += WRONG;
    } else if (previous !== undefined) {
      cost += stepMisfit(previous, width, own, innermost, unit);
    }
    for (const bracket of own.brackets) {
      if (bracket === "close") open.pop();
      else open.push({ width, column: bracket + width, isLoose: own.isLoose });
    }
    previous = { width, layout: own };
  }
  return cost;
}

function stepMisfit(
  previous: { width: number; layout: LineLayout },
  width: number,
  own: LineLayout,
  innermost: Opener | undefined,
  unit: Step,
): number {
  const step = unit === "tab" ? TAB : unit;
  const deeper = width - previous.width;
  const isAligned = innermost !== undefined && width === innermost.column + 1;
  if (innermost?.isLoose) {
    innermost.inside ??= width;
    const inside = innermost.inside - innermost.width;
    return width === innermost.inside && (inside === 0 || inside === step) ? 0 : own.goesOn ? ODD : WRONG / 2;
  }
  if (previous.layout.opens) {
    return deeper <= 0 ? WRONG : deeper === step || isAligned ? 0 : ODD;
  }
  if (innermost !== undefined) {
    const inside = width - innermost.width;
    return isAligned || inside === step || inside === 2 * step ? 0 : inside <= 0 ? WRONG / 2 : ODD;
  }
  if (deeper > 0) {
    const mayDeepen = previous.layout.mayOpen || own.goesOn;
    const isOdd = previous.layout.endsItem || (deeper !== step && deeper !== 2 * step);
    return mayDeepen ? (isOdd ? ODD : 0) : WRONG;
  }
  return previous.layout.breaksOff && !own.goesOn ? ODD : 0;
}
