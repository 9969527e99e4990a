/** Measures how badly the indentation of lines fits their content and the lines around them. */
import { languageOf } from "../../text/languages.ts";
import { indentOf, isBlank } from "../../text/lines.ts";
import type { Step } from "./indentSteps.ts";
import { type LineLayout, layoutOf, widthOf } from "./layout.ts";
import type { Surroundings } from "./place.ts";

const TAB = 4;
/** The cost of an indentation that is against the habits of the language; below, of one that is only unusual. */
const WRONG = 2;
const ODD = 0.25;

/** A line as a later one is compared with it. */
interface Above {
  /** Its indentation in columns; below, that of the line on which the statement begins that it goes on with. */
  width: number;
  start: number;
  layout: LineLayout;
}

interface Opener {
  /** The indentation of the line with the opening bracket, in columns; below, that of the beginning of its statement. */
  width: number;
  start: number;
  /** The column of the bracket. */
  column: number;
  /** What is inside may be as deep as the line that opens; then all of it is. */
  isLoose: boolean;
  /** Columns of the first line inside. */
  inside?: number;
  /**
   * Where another bracket of the line is still open: the columns of what closes this one, if that argument stands where
   * arguments on lines of their own do. What is inside is then a step deeper.
   */
  argument?: number;
  /** The formatter of the language puts it there. */
  isArgumentUsual: boolean;
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
  const isCounted = languageOf(context.languageId).syntax !== undefined;
  return misfitOf(all, layouts, enclosing, context.unit) + (isCounted ? 0 : closingMisfitBelow(lines, after));
}

/**
 * What closes below the place has the indentation of the line in it that opens. Only brackets at the ends of lines count, those
 * of a line as one, and no doubled ones, which are mostly a string's: this is for languages that the scanner does not know.
 */
function closingMisfitBelow(lines: readonly string[], after: readonly string[]): number {
  const open: string[] = [];
  const pass = (line: string): string | undefined => {
    const closed = /^\s*(?!\]\])[)\]}]/.test(line) ? open.pop() : undefined;
    if (/(?<!\[)[([{]\s*$/.test(line)) open.push(indentOf(line));
    return closed;
  };
  for (const line of lines) pass(line);
  let cost = 0;
  let left = open.length;
  for (const line of after.slice(0, NEAR)) {
    if (left === 0) break;
    const depth = open.length;
    const closed = pass(line);
    if (closed !== undefined && depth <= left) {
      cost += closed === indentOf(line) ? 0 : WRONG;
      left = depth - 1;
    }
  }
  return cost;
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
  let previous: Above | undefined;
  const step = unit === "tab" ? TAB : unit;
  for (const [index, line] of lines.entries()) {
    const own = layout[index];
    if (own === undefined || own.isFree) {
      continue;
    }
    const width = widthOf(indentOf(line), TAB);
    const innermost = open.at(-1);
    const start = startOf(previous, width, own);
    if (own.closers > 0) {
      let closed: Closed | undefined;
      for (let count = 0; count < own.closers; count++) closed = open.pop() ?? enclosed(outer.shift());
      if (closed !== undefined) cost += closingMisfit(closed, width);
    } else if (previous !== undefined) {
      cost += stepMisfit(previous, width, own, innermost, step);
    }
    const outside = open.length;
    for (const bracket of own.brackets) {
      if (bracket === "close") open.pop();
      else {
        const argument = open.length > outside ? { argument: width + 2 * step } : {};
        const isArgumentUsual = own.arrow < bracket;
        open.push({ width, start, column: bracket + width, isLoose: own.isLoose, ...argument, isArgumentUsual });
      }
    }
    previous = { width: width + own.mark, start, layout: own };
  }
  return cost;
}

type Closed = Pick<Opener, "width" | "start" | "column" | "argument" | "isArgumentUsual">;

function enclosed(width: number | undefined): Closed | undefined {
  return width === undefined ? undefined : { width, start: width, column: width, isArgumentUsual: false };
}

function closingMisfit({ width, start, column, argument, isArgumentUsual }: Closed, columns: number): number {
  if (columns === width || columns === start || columns === column) return 0;
  return columns !== argument ? WRONG : isArgumentUsual ? 0 : ODD;
}

/** The indentation of the line on which the statement begins that this line goes on with; its own where it begins one. */
function startOf(previous: Above | undefined, width: number, own: LineLayout): number {
  if (previous === undefined || previous.layout.opens || own.closers > 0) return width;
  const isPart = previous.layout.mayOpen || own.isOfHead;
  return isPart && width >= previous.width ? Math.min(previous.start, width) : width;
}

function stepMisfit(
  previous: Above,
  width: number,
  own: LineLayout,
  innermost: Opener | undefined,
  step: number,
): number {
  const deeper = width - previous.width;
  // The word closes a block around what is above it, unless that begins one.
  if (own.closesWithWord && !previous.layout.mayOpen && deeper >= 0) return WRONG;
  const isAligned = innermost !== undefined && width === innermost.column + 1;
  const isInArgument = innermost?.argument !== undefined && width === innermost.argument + step;
  if (innermost?.isLoose) {
    innermost.inside ??= width;
    const inside = innermost.inside - innermost.width;
    return width === innermost.inside && (inside === 0 || inside === step) ? 0 : own.goesOn ? ODD : WRONG / 2;
  }
  if (previous.layout.opens) {
    // A list in YAML may be as deep as the key that it belongs to.
    if (deeper === 0 && own.mark > 0) return 0;
    // A body may be a step deeper than the beginning of a statement whose head goes on over several lines.
    const hasBracket = previous.layout.brackets.some((bracket) => bracket !== "close");
    if (hasBracket && previous.start < previous.width && width > previous.start) {
      return width - previous.start === step ? 0 : ODD;
    }
    const isUsual = isInArgument && innermost?.isArgumentUsual === true;
    return deeper <= 0 ? WRONG : deeper === step || isAligned || isUsual ? 0 : ODD;
  }
  if (innermost !== undefined) {
    // Items of one list are equally deep.
    if (deeper > 0 && previous.layout.endsItem && previous.width > innermost.width) return ODD;
    const inside = width - innermost.width;
    const isInBody = innermost.start < innermost.width && width - innermost.start === step;
    const isInside = isAligned || isInBody || isInArgument || inside === step || inside === 2 * step;
    if (isInside) return 0;
    // What is less deep than the line above in the same brackets, and not inside of them, is outside of all habits.
    if (inside <= 0) return deeper < 0 ? WRONG : WRONG / 2;
    return ODD;
  }
  if (deeper > 0) {
    const mayDeepen = previous.layout.mayOpen || own.goesOn;
    const isOdd = previous.layout.endsItem || (deeper !== step && deeper !== 2 * step);
    const isWide = previous.layout.opensWithWord && deeper === 2 * step;
    return mayDeepen ? (isOdd || isWide ? ODD : 0) : WRONG;
  }
  return previous.layout.breaksOff && !own.goesOn ? ODD : 0;
}
