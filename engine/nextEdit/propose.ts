/**
 * The next edit: the place where the edits so far most certainly apply again.
 */
import type { Edit } from "./changes.ts";
import { BEST_PLACE, type Features, LineBags, ratedSites, ruleFeatures } from "./features.ts";
import { unusedImports } from "./imports.ts";
import type { Proposal, Scope, SourceText, Workspace } from "./proposal.ts";
import { type Rule, rulesOf } from "./rules.ts";
import { CONFIRMED, LEAST_TRUST, trustIn } from "./trust.ts";

export interface ProposeOptions {
  /** The latest last. */
  edits: readonly Edit[];
  workspace: Workspace;
  /** Offset in the current document. */
  cursor: number;
  /** What the user turned away is not offered again. */
  isDismissed(proposal: Proposal): boolean;
  /** Whether the language service calls what is there unused; without it no import is called so. */
  isUnused?(start: number, end: number): boolean;
  /** Told of every proposal with what it was rated by. */
  onRated?(proposal: Proposal, features: Features): void;
  /** Least trust; default {@link LEAST_TRUST}. */
  leastTrust?: number;
}

const SCOPES: readonly Scope[] = ["file", "open", "repository"];
/** An import is called unused when one of so many last edits took its last use. */
const EDITS_OF_IMPORTS = 3;
/** Shorter words stand in too many files. */
const SHORTEST_WORD = 3;

/** The proposal that is trusted most, this file's before others'; undefined where none is sure enough. */
export function propose(options: ProposeOptions): Proposal | undefined {
  const { leastTrust = LEAST_TRUST } = options;
  const rules = rulesOf(options.edits);
  const lines = new LineBags();
  for (const scope of SCOPES) {
    let best = scope === "file" ? unusedImport(options) : undefined;
    for (const rule of rules) {
      const general = ruleFeatures(rule, scope, options.edits);
      if (
        (CONFIRMED[rule.kind] ?? trustIn({ ...general, ...BEST_PLACE, here: Math.log2(1 + rule.edits.length) })) <
        leastTrust
      ) {
        continue;
      }
      for (const file of filesOf(scope, rule, options.workspace)) {
        for (const proposal of proposalsOf({ rule, file, scope, general, lines, leastTrust }, options)) {
          if (best !== undefined && !isBetter(proposal, best, options.cursor)) continue;
          if (!options.isDismissed(proposal)) best = proposal;
        }
      }
    }
    if (best !== undefined) return best;
  }
  return undefined;
}

/** What one rule proposes in a document, from top to bottom; nothing of it overlaps. */
export function proposalsOfRule(edits: readonly Edit[], key: string, file: SourceText): Proposal[] {
  const rule = rulesOf(edits).find((candidate) => candidate.key === key);
  if (rule === undefined) return [];
  const scope = rule.edits.some(({ uri }) => uri === file.uri) ? "file" : "open";
  const general = ruleFeatures(rule, scope, edits);
  const search = { rule, file, scope, general, lines: new LineBags(), leastTrust: LEAST_TRUST } as const;
  const found = [...proposalsOf(search, { edits })].sort((one, other) => one.start - other.start);
  return found.filter((proposal, index) => index === 0 || proposal.start >= found[index - 1]!.end);
}

function* filesOf(scope: Scope, rule: Rule, { current, open, filesWith }: Workspace): Iterable<SourceText> {
  if (scope === "file") yield current;
  else if (scope === "open") yield* open;
  else if (rule.word.length >= SHORTEST_WORD) yield* filesWith(rule.word);
}

interface Search {
  rule: Rule;
  file: SourceText;
  scope: Scope;
  /** What speaks for the rule wherever it applies. */
  general: Features;
  lines: LineBags;
  leastTrust: number;
}

function* proposalsOf(
  search: Search,
  { edits, onRated }: Pick<ProposeOptions, "edits" | "onRated">,
): Iterable<Proposal> {
  const { rule, file, scope, general, lines, leastTrust } = search;
  const { uri } = file;
  for (const { site, features } of ratedSites(rule, file, general, edits, lines)) {
    const trust = CONFIRMED[rule.kind] ?? trustIn(features);
    if (trust < leastTrust) continue;
    const { start, end } = site;
    const text = withLineEnds(site.text, file.text);
    const proposal: Proposal = { uri, start, end, text, kind: rule.kind, scope, rule: rule.key, trust };
    onRated?.(proposal, features);
    yield proposal;
  }
}

/** Lines end as those of the document do. */
function withLineEnds(text: string, document: string): string {
  if (!text.includes("\n")) return text;
  const first = document.indexOf("\n");
  return first > 0 && document[first - 1] === "\r" ? text.replaceAll("\n", "\r\n") : text;
}

function unusedImport({ edits, workspace, isDismissed, isUnused }: ProposeOptions): Proposal | undefined {
  if (isUnused === undefined) return undefined;
  const { uri, text } = workspace.current;
  const own = edits.filter((edit) => edit.uri === uri).slice(-EDITS_OF_IMPORTS);
  for (const { name, start, end } of unusedImports(uri, text, own)) {
    if (!isUnused(start, end)) continue;
    const found = {
      kind: "unused import",
      scope: "file",
      rule: `unused\0${name}`,
      trust: CONFIRMED["unused import"] ?? 0,
    } as const;
    const proposal: Proposal = { uri, start, end, text: "", ...found };
    if (!isDismissed(proposal)) return proposal;
  }
  return undefined;
}

/** By trust in coarse steps, then the nearest below the cursor, then what was found first. */
function isBetter(one: Proposal, other: Proposal, cursor: number): boolean {
  const [trust, otherTrust] = [Math.round(one.trust * 20), Math.round(other.trust * 20)];
  if (trust !== otherTrust) return trust > otherTrust;
  if (one.uri !== other.uri) return false;
  if (one.scope !== "file") return one.start < other.start;
  const isBelow = one.start >= cursor;
  return isBelow === other.start >= cursor ? one.start < other.start : isBelow;
}
