/**
 * What the edits so far say: rules that name the same change in other places.
 */
import { type ArgumentPattern, argumentAdded, argumentSites } from "./calls.ts";
import { changesOf, EDGE, type Edit } from "./changes.ts";
import { renaming, usesLeft } from "./declarations.ts";
import { linePatternsOf, lineSites } from "./insertedLines.ts";
import { type Pattern, patternsOf } from "./patterns.ts";
import type { ProposalKind } from "./proposal.ts";
import { type Required, type Site, sitesOf } from "./sites.ts";
import { isOneIdentifier, longestIdentifier, tokenize } from "./tokens.ts";

export interface Rule {
  kind: ProposalKind;
  /** Names the rule among all others. */
  key: string;
  /** The edits that it was seen in, the oldest first, and the lines that they changed or stand beside. */
  edits: Edit[];
  oldLines: string[];
  /** What it replaces, and by what. */
  before: string;
  after: string;
  /** Tokens that the examples have in common beside the change. */
  shared: number;
  /** Edits that made something else of the same text. */
  conflicts: number;
  /** No word changes: brackets, commas, operators. */
  isSign: boolean;
  /** A word that every place of it holds; "" where none is known. */
  word: string;
  sites(text: string, uri: string): Site[];
}

const WORD = /[\p{L}\d]{2}/u;
/** So many patterns of changed text are followed, the latest first. */
const MOST_PATTERNS = 60;
/** So many tokens of common context are asked of a place, where more are common. */
const CONTEXT = 2;
/** The lines of so many examples are compared with a place. */
const MOST_LINES = 6;

/** The rules of the edits, those of the latest first. */
export function rulesOf(edits: readonly Edit[]): Rule[] {
  const patterns = patternsOf(edits);
  const outcomes = new Map<string, number>();
  for (const { before, examples } of patterns) outcomes.set(before, (outcomes.get(before) ?? 0) + examples.length);
  const replacements = patterns
    .slice(0, MOST_PATTERNS)
    .flatMap((pattern) => replacementRule(pattern, outcomes.get(pattern.before) ?? 0) ?? []);
  return [...replacements, ...declarationRules(edits), ...argumentRules(edits), ...insertedLineRules(edits)];
}

/** @param outcomes edits that changed the same text, to whatever. */
function replacementRule(pattern: Pattern, outcomes: number): Rule | undefined {
  const required = requiredContext(pattern);
  if (required === undefined) return undefined;
  const { before, examples, left, right } = pattern;
  const lines = examples.map(({ edit, change }) => edit.before[change.line] ?? "");
  return {
    kind: kindOf(pattern),
    key: `${pattern.level}\0${before}\0${pattern.after}`,
    edits: examples.map(({ edit }) => edit),
    oldLines: lines.slice(-MOST_LINES),
    before,
    after: pattern.after,
    shared: left.length + right.length,
    conflicts: before === "" ? 0 : outcomes - examples.length,
    isSign: !WORD.test(before) && !WORD.test(pattern.after),
    word: longestIdentifier(
      pattern.words?.before ?? (before === "" ? [...required.left, ...required.right] : tokenize(before)),
    ),
    sites: (text) => sitesOf(text, pattern, required),
  };
}

/** What a place must have beside it; undefined where the examples do not say enough. */
function requiredContext({ level, before, left, right, examples }: Pattern): Required | undefined {
  if (level === "block" || level === "line") return { left: [EDGE], right: [EDGE] };
  const isSingle = examples.length < 2;
  if (level === "words" || level === "variant") return isSingle ? undefined : { left: [], right: [] };
  if (isSingle) return isOneIdentifier(before) ? { left: [], right: [] } : undefined;
  if (before === "") return left.length + right.length < 3 ? undefined : { left, right };
  return { left: left.slice(0, CONTEXT), right: right.slice(0, CONTEXT) };
}

function kindOf({ level, before, after }: Pattern): ProposalKind {
  if (level === "words" || level === "variant" || level === "block" || level === "line") return level;
  if (before === "") return "insertion";
  if (after === "") return "deletion";
  return isOneIdentifier(before) && isOneIdentifier(after) ? "rename" : "expression";
}

/** Uses of what was renamed where it is declared; in its own document only. */
function declarationRules(edits: readonly Edit[]): Rule[] {
  return edits.flatMap((edit) =>
    changesOf(edit).flatMap((change): Rule[] => {
      const found = renaming(edit, change);
      if (found === undefined) return [];
      return [
        {
          kind: "declaration",
          key: `declaration\0${found.before}\0${found.after}`,
          edits: [edit],
          oldLines: [edit.before[change.line] ?? ""],
          before: found.before,
          after: found.after,
          shared: 0,
          conflicts: 0,
          isSign: false,
          word: "",
          sites: (text, uri) => (uri === edit.uri ? usesLeft(text, found, edits) : []),
        },
      ];
    }),
  );
}

function argumentRules(edits: readonly Edit[]): Rule[] {
  const calls = new Map<string, { pattern: ArgumentPattern; edits: Edit[]; lines: string[] }>();
  for (const edit of edits) {
    for (const change of changesOf(edit)) {
      const pattern = argumentAdded(edit, change);
      if (pattern === undefined) continue;
      const key = `argument\0${pattern.callee}\0${pattern.place}\0${pattern.text}`;
      const call = calls.get(key) ?? { pattern, edits: [], lines: [] };
      call.edits.push(edit);
      call.lines.push(edit.before[change.line] ?? "");
      calls.set(key, call);
    }
  }
  return [...calls].map(([key, { pattern, edits, lines }]) => ({
    kind: "argument",
    key,
    edits,
    oldLines: lines.slice(-MOST_LINES),
    before: pattern.callee,
    after: pattern.text,
    shared: 2,
    conflicts: 0,
    isSign: false,
    word: pattern.callee,
    sites: (text) => argumentSites(text, pattern),
  }));
}

function insertedLineRules(edits: readonly Edit[]): Rule[] {
  return linePatternsOf(edits).map((pattern) => ({
    kind: "inserted line",
    key: `lines\0${pattern.lines.join("\n")}`,
    edits: pattern.edits,
    oldLines: pattern.edits.map(({ above }) => above ?? "").slice(-MOST_LINES),
    before: "",
    after: pattern.lines.join("\n"),
    shared: 0,
    conflicts: 0,
    isSign: false,
    word: longestIdentifier(tokenize(pattern.edits[0]!.above ?? "")),
    sites: (text) => lineSites(text, pattern),
  }));
}
