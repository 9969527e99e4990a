/** A file on its way from its text before a commit to its text after it, hunk by hunk. */
import { distance } from "../../nextEdit/diff.ts";
import { tokenize } from "../../nextEdit/tokens.ts";
import type { TextChange } from "../../protocol/documents.ts";
import type { Hunk } from "../git/unifiedDiff.ts";

/** What is left to do of a hunk, or of several hunks that a proposal has joined. */
export interface Step {
  /** The lines as they are now; below, as the commit has them. */
  now: string[];
  wanted: string[];
  /** The number of the first line of `now` in the present text. */
  line: number;
  isDone: boolean;
  /** Whether it replaces lines with lines. */
  isChange: boolean;
  /** How many right proposals were parts of it. */
  hits: number;
}

export class TargetFile {
  readonly uri: string;
  readonly steps: Step[];
  lines: string[];
  #text: string | undefined;

  constructor(uri: string, text: string, hunks: readonly Hunk[]) {
    this.uri = uri;
    this.lines = text.split("\n");
    this.steps = hunks.map(({ oldStart, oldLines, newLines }) => ({
      now: oldLines,
      wanted: newLines,
      line: oldStart,
      isDone: false,
      isChange: oldLines.length > 0 && newLines.length > 0,
      hits: 0,
    }));
  }

  get text(): string {
    this.#text ??= this.lines.join("\n");
    return this.#text;
  }

  /** What is left of a step, as a change of the text. */
  changeOf({ line, now, wanted }: Step): TextChange {
    const offset = this.#offsetOf(line);
    const length = lengthOf(now);
    const text = wanted.map((row) => `${row}\n`).join("");
    // The last line of a file may end without a line feed.
    const beyond = offset + length - this.text.length;
    return beyond > 0 ? { offset, length: length - beyond, text: text.slice(0, -beyond) } : { offset, length, text };
  }

  /** Makes what is left of a step, as if by hand. */
  apply(step: Step): void {
    this.#replace(step, step.wanted);
    step.isDone = true;
  }

  /**
   * Whether an edit is part of the shortest way from the present text to the commit's. The distance, in tokens inserted
   * and deleted, must shrink by exactly what the edit inserts and deletes.
   */
  isOnTheWay(start: number, end: number, text: string): boolean {
    const { from, to, touched } = this.#around(start, end);
    if (touched.length === 0) return false;
    const offset = this.#offsetOf(from);
    const old = this.lines.slice(from, to).join("\n");
    const now = tokenize(old);
    const made = tokenize(old.slice(0, start - offset) + text + old.slice(end - offset));
    const then = tokenize(this.#thenOf(from, to, touched).join("\n"));
    const cost = distance(now, made);
    return cost > 0 && distance(made, then) === distance(now, then) - cost;
  }

  /** Makes an edit for which {@link isOnTheWay} is true. The steps that it touches become one. */
  accept(start: number, end: number, text: string): void {
    const { from, to, touched } = this.#around(start, end);
    const [head, ...rest] = touched;
    if (head === undefined) return;
    const then = this.#thenOf(from, to, touched);
    const after = this.text.slice(0, start) + text + this.text.slice(end);
    const lines = after.split("\n");
    const growth = lines.length - this.lines.length;
    this.lines = lines;
    this.#text = after;
    for (const step of this.steps) if (step.line >= to) step.line += growth;
    for (const step of touched) step.hits++;
    for (const step of rest) step.isDone = true;
    head.line = from;
    head.now = lines.slice(from, to + growth);
    head.wanted = then;
    head.isDone = head.now.join("\n") === then.join("\n");
  }

  /** The lines [from, to) of a span of text, extended to whole steps, and the steps that it touches. */
  #around(start: number, end: number): { from: number; to: number; touched: Step[] } {
    const first = this.#lineAt(start);
    const last = this.#lineAt(end);
    const touched = this.steps.filter(
      (step) => !step.isDone && step.line <= last && step.line + step.now.length >= first,
    );
    const from = Math.min(first, ...touched.map((step) => step.line));
    const to = Math.max(last + 1, ...touched.map((step) => step.line + step.now.length));
    return { from, to, touched };
  }

  /** The lines [from, to) as they will be after the steps that touch them. */
  #thenOf(from: number, to: number, touched: readonly Step[]): string[] {
    const then: string[] = [];
    let at = from;
    for (const step of touched) {
      then.push(...this.lines.slice(at, step.line), ...step.wanted);
      at = step.line + step.now.length;
    }
    then.push(...this.lines.slice(at, to));
    return then;
  }

  #replace(step: Step, lines: string[]): void {
    const growth = lines.length - step.now.length;
    this.#text = undefined;
    this.lines.splice(step.line, step.now.length, ...lines);
    for (const other of this.steps) {
      if (other !== step && other.line >= step.line + step.now.length) other.line += growth;
    }
    step.now = lines;
  }

  #lineAt(offset: number): number {
    let line = 0;
    let at = 0;
    while (line < this.lines.length - 1 && at + this.lines[line]!.length < offset) {
      at += this.lines[line]!.length + 1;
      line++;
    }
    return line;
  }

  #offsetOf(line: number): number {
    let at = 0;
    for (let index = 0; index < line; index++) at += this.lines[index]!.length + 1;
    return at;
  }
}

function lengthOf(lines: readonly string[]): number {
  return lines.reduce((sum, line) => sum + line.length + 1, 0);
}
