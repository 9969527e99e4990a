/**
 * The next edit: the place where the edits so far most certainly apply again.
 */
import type { Edit } from "./changes.ts";
import { BEST_DOCUMENT, BEST_PLACE, type Features, freeSites, inDocument, ruleFeatures } from "./features.ts";
import { unusedImports } from "./imports.ts";
import { lineEnd, lineStart } from "./lineBounds.ts";
import type { Proposal, Scope, SourceText, Workspace } from "./proposal.ts";
import { type Rule, rulesOf } from "./rules.ts";
import { confirmedTrust, evidence, LEAST_TRUST, trustIn, trustOf } from "./trust.ts";

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
  /** Where to look, in this order; default all. */
  scopes?: readonly Scope[];
}

const SCOPES: readonly Scope[] = ["file", "open", "repository"];
/** An import is called unused when one of so many last edits took its last use. */
const EDITS_OF_IMPORTS = 3;
/** Shorter words stand in too many files. */
const SHORTEST_WORD = 3;

/** The proposal that is trusted most, this file's before others'; undefined where none is sure enough. */
export function propose(options: ProposeOptions): Proposal | undefined {
  const { edits, workspace, cursor, scopes = SCOPES, leastTrust = LEAST_TRUST } = options;
  for (const scope of scopes) {
    let best = scope === "file" ? unusedImport(options) : undefined;
    for (const { rule, general } of rulesFor(scope, edits, leastTrust)) {
      for (const file of filesOf(scope, rule, workspace)) {
        for (const proposal of proposalsOf({ rule, file, scope, general, leastTrust }, options)) {
          if (best !== undefined && !isBetter(proposal, best, cursor)) continue;
          if (!options.isDismissed(proposal)) best = proposal;
        }
      }
    }
    if (best !== undefined) return best;
  }
  return undefined;
}

/** Words that files of the repository must hold for a proposal in them, those of the latest edits first. */
export function wordsOfRepository(edits: readonly Edit[]): string[] {
  const words = rulesFor("repository", edits, LEAST_TRUST).map(({ rule }) => rule.word);
  return [...new Set(words)].filter((word) => word.length >= SHORTEST_WORD);
}

interface GeneralRule {
  rule: Rule;
  /** What speaks for the rule wherever it applies. */
  general: Features;
}

/** The rules that are sure enough at the best place that there could be. */
function rulesFor(scope: Scope, edits: readonly Edit[], leastTrust: number): GeneralRule[] {
  const rules: GeneralRule[] = [];
  for (const rule of rulesOf(edits)) {
    const general = ruleFeatures(rule, scope, edits);
    const here = Math.log2(1 + rule.edits.length);
    if (mostTrust(rule, { ...general, ...BEST_DOCUMENT, here }) >= leastTrust) rules.push({ rule, general });
  }
  return rules;
}

/** Trust in a rule at the best place that there could be. */
function mostTrust({ kind }: Rule, features: Features): number {
  const best = { ...features, ...BEST_PLACE };
  return confirmedTrust(kind, best) ?? trustIn(best);
}

/** What one rule proposes in a document, from top to bottom; nothing of it overlaps. */
export function proposalsOfRule(edits: readonly Edit[], key: string, file: SourceText): Proposal[] {
  const rule = rulesOf(edits).find((candidate) => candidate.key === key);
  if (rule === undefined) return [];
  const scope = rule.edits.some(({ uri }) => uri === file.uri) ? "file" : "open";
  const general = ruleFeatures(rule, scope, edits);
  const search = { rule, file, scope, general, leastTrust: LEAST_TRUST } as const;
  const found = [...proposalsOf(search, { edits })].sort((one, other) => one.start - other.start);
  return found.filter((proposal, index) => index === 0 || proposal.start >= found[index - 1]!.end);
}

function* filesOf(scope: Scope, rule: Rule, { current, open, filesWith }: Workspace): Iterable<SourceText> {
  if (scope === "file") yield current;
  else if (scope === "open") yield* open;
  else if (rule.word.length >= SHORTEST_WORD) yield* filesWith(rule.word);
}

interface Search extends GeneralRule {
  file: SourceText;
  scope: Scope;
  leastTrust: number;
}

function* proposalsOf(
  search: Search,
  { edits, onRated }: Pick<ProposeOptions, "edits" | "onRated">,
): Iterable<Proposal> {
  const { rule, file, scope, general, leastTrust } = search;
  const { uri } = file;
  const document = inDocument(rule, file, general, edits);
  if (mostTrust(rule, document.features) < leastTrust) return;
  const found = freeSites(document);
  if (found === undefined) return;
  const shared = evidence(found.shared);
  const confirmed = confirmedTrust(rule.kind, found.shared);
  for (const site of found.sites) {
    const own = found.own(site);
    const trust = confirmed ?? trustOf(shared + evidence(own));
    if (trust < leastTrust) continue;
    const { start, end } = site;
    const text = withLineEnds(site.text, file.text);
    const place = placeAt(file.text, start);
    const proposal: Proposal = { uri, start, end, text, place, kind: rule.kind, scope, rule: rule.key, trust };
    onRated?.(proposal, { ...found.shared, ...own });
    yield proposal;
  }
}

/** The line that an offset lies in, with those above and below. */
function placeAt(text: string, offset: number): string {
  const start = lineStart(text, offset);
  const end = lineEnd(text, offset);
  return text.slice(lineStart(text, Math.max(0, start - 1)), lineEnd(text, Math.min(text.length, end + 1)));
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
      trust: confirmedTrust("unused import", {}) ?? 0,
    } as const;
    const proposal: Proposal = { uri, start, end, text: "", place: placeAt(text, start), ...found };
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
