/** Derives rules from the edits so far. Each rule finds other places for the same change. */
import { SideTable } from "../text/sideTable.ts";
import { type ArgumentPattern, argumentAdded, argumentSites } from "./calls.ts";
import { changesOf, EDGE, type Edit } from "./changes.ts";
import { type Renaming, renaming, usesLeft } from "./declarations.ts";
import { linePatternsOf, lineSites } from "./insertedLines.ts";
import { type Pattern, patternsOf } from "./patterns.ts";
import type { ProposalKind, SourceText } from "./proposal.ts";
import { type Required, type Site, sitesOf } from "./sites.ts";
import { isOneIdentifier, longestIdentifier, tokenize } from "./tokens.ts";

export interface Rule {
  kind: ProposalKind;
  /** Identifies the rule among all others. */
  key: string;
  /** The edits that are examples of the rule, the oldest first. */
  edits: Edit[];
  /** The text that it replaces, "" for an insertion; below, the replacement. */
  before: string;
  after: string;
  /** The number of edits that replaced the same text with something else. */
  conflicts: number;
  /** A word that occurs at all of its places; "" when none is known. */
  word: string;
  sites(file: SourceText): Site[];
}

/** At most this many patterns of changed text are used, the latest first. */
const MOST_PATTERNS = 60;
/** A place must agree with this many tokens, on each side, of the context that the examples share. */
const CONTEXT = 2;

const known = new SideTable<readonly Edit[], Rule[]>();

/** The rules of the edits, those of the latest edit first. The result for a list of edits is cached. */
export function rulesOf(edits: readonly Edit[]): Rule[] {
  let rules = known.get(edits);
  if (rules === undefined) {
    rules = findRules(edits);
    known.set(edits, rules);
  }
  return rules;
}

function findRules(edits: readonly Edit[]): Rule[] {
  const patterns = patternsOf(edits);
  const outcomes = new Map<string, number>();
  for (const { before, examples } of patterns) outcomes.set(before, (outcomes.get(before) ?? 0) + examples.length);
  const replacements = patterns
    .slice(0, MOST_PATTERNS)
    .flatMap((pattern) => ruleOf(pattern, outcomes.get(pattern.before) ?? 0) ?? []);
  return [...replacements, ...declarationRules(edits), ...argumentRules(edits), ...insertedLineRules(edits)];
}

const knownRules = new SideTable<Pattern, Rule>();

/** @param outcomes the number of edits that changed the same text, whatever the result. */
function ruleOf(pattern: Pattern, outcomes: number): Rule | undefined {
  const conflicts = pattern.before === "" ? 0 : outcomes - pattern.examples.length;
  const known = knownRules.get(pattern);
  if (known?.conflicts === conflicts) return known;
  const rule = replacementRule(pattern, conflicts);
  if (rule !== undefined) knownRules.set(pattern, rule);
  return rule;
}

function replacementRule(pattern: Pattern, conflicts: number): Rule | undefined {
  const required = requiredContext(pattern);
  if (required === undefined) return undefined;
  const { before, examples } = pattern;
  return {
    kind: kindOf(pattern),
    key: `${pattern.level}\0${before}\0${pattern.after}`,
    edits: examples.map(({ edit }) => edit),
    before,
    after: pattern.after,
    conflicts,
    word: longestIdentifier(
      pattern.words?.before ?? (before === "" ? [...required.left, ...required.right] : tokenize(before)),
    ),
    sites: (file) => sitesOf(file, pattern, required),
  };
}

/** The context that a place must have beside it; undefined when the examples do not determine one. */
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

/** What an edit did besides replacing texts. */
interface Deeds {
  renamings: Renaming[];
  added: ArgumentPattern[];
}

const knownDeeds = new SideTable<Edit, Deeds>();

function deedsOf(edit: Edit): Deeds {
  let deeds = knownDeeds.get(edit);
  if (deeds === undefined) {
    const changes = changesOf(edit);
    deeds = {
      renamings: changes.flatMap((change) => renaming(edit, change) ?? []),
      added: changes.flatMap((change) => argumentAdded(edit, change) ?? []),
    };
    knownDeeds.set(edit, deeds);
  }
  return deeds;
}

/** Rules for the uses of a renamed declaration, only within its document. */
function declarationRules(edits: readonly Edit[]): Rule[] {
  return edits.flatMap((edit) =>
    deedsOf(edit).renamings.map((found) => ({
      kind: "declaration",
      key: `declaration\0${found.before}\0${found.after}`,
      edits: [edit],
      before: found.before,
      after: found.after,
      conflicts: 0,
      word: "",
      sites: (file) => (file.uri === edit.uri ? usesLeft(file, found, edits) : []),
    })),
  );
}

function argumentRules(edits: readonly Edit[]): Rule[] {
  const calls = new Map<string, { pattern: ArgumentPattern; edits: Edit[] }>();
  for (const edit of edits) {
    for (const pattern of deedsOf(edit).added) {
      const key = `argument\0${pattern.callee}\0${pattern.place}\0${pattern.text}`;
      const call = calls.get(key) ?? { pattern, edits: [] };
      call.edits.push(edit);
      calls.set(key, call);
    }
  }
  return [...calls].map(([key, { pattern, edits }]) => ({
    kind: "argument",
    key,
    edits,
    before: pattern.callee,
    after: pattern.text,
    conflicts: 0,
    word: pattern.callee,
    sites: (file) => argumentSites(file, pattern),
  }));
}

function insertedLineRules(edits: readonly Edit[]): Rule[] {
  return linePatternsOf(edits).map((pattern) => ({
    kind: "inserted line",
    key: `lines\0${pattern.lines.join("\n")}`,
    edits: pattern.edits,
    before: "",
    after: pattern.lines.join("\n"),
    conflicts: 0,
    word: longestIdentifier(tokenize(pattern.edits[0]!.above ?? "")),
    sites: (file) => lineSites(file, pattern),
  }));
}
