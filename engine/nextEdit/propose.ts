/** Finds the next edit: the place where what the user has edited so far most probably has to be repeated. */

import { lineEnd, lineStart } from "../text/lines.ts";
import { SideTable } from "../text/sideTable.ts";
import { type Edit, editedSpans, type Span } from "./changes.ts";
import {
  BEST_DOCUMENT,
  BEST_PLACE,
  type Features,
  freeSites,
  inDocument,
  lastingFeatures,
  passingFeatures,
} from "./features.ts";
import { unusedImports } from "./imports.ts";
import type { Proposal, Scope, SourceText, Workspace } from "./proposal.ts";
import { type Rule, rulesOf } from "./rules.ts";
import { confirmedTrust, evidence, LEAST_TRUST, trustOf } from "./trust.ts";

export interface ProposeOptions {
  /** All edits that are remembered, the latest last. */
  edits: readonly Edit[];
  workspace: Workspace;
  /** Offset in the current document. */
  cursor: number;
  /** Whether the user has dismissed the proposal, so that it must not come again. */
  isDismissed(proposal: Proposal): boolean;
  /**
   * Whether the language service reports something in this span of the current document as unused. Without it, no
   * deletion of an import is proposed.
   */
  isUnused?(start: number, end: number): boolean;
  /** Called with every proposal and the features from which its trust was computed. */
  onRated?(proposal: Proposal, features: Features): void;
  /** Proposals with less trust are left out. Default {@link LEAST_TRUST}. */
  leastTrust?: number;
  /** Where to look, in this order. Default: everywhere. */
  scopes?: readonly Scope[];
}

const SCOPES: readonly Scope[] = ["file", "open", "repository"];
/** The deletion of an import is proposed only if one of this many last edits has removed its last use. */
const EDITS_OF_IMPORTS = 3;
/** Shorter words occur in too many files to be useful. */
const SHORTEST_WORD = 3;

/**
 * The proposal with the most trust. Those in the first scope that has any come first. Undefined when none is sure
 * enough.
 */
export function propose(options: ProposeOptions): Proposal | undefined {
  const steps = proposing(options);
  let step = steps.next();
  while (!step.done) step = steps.next();
  return step.value;
}

/** The same in steps, so that other work can be done in between. In most files a step takes less than a millisecond. */
export function* proposing(options: ProposeOptions): Generator<undefined, Proposal | undefined> {
  const { edits, workspace, cursor, scopes = SCOPES, leastTrust = LEAST_TRUST } = options;
  const editedIn = onceForEach((uri: string) => editedSpans(edits, uri));
  for (const scope of scopes) {
    let best = scope === "file" ? unusedImport(options) : undefined;
    for (const { rule, general } of rulesFor(scope, edits, leastTrust)) {
      for (const file of filesOf(scope, rule, workspace)) {
        yield;
        const search = { rule, file, scope, general, edited: editedIn(file.uri), leastTrust };
        for (const proposal of proposalsOf(search, options.onRated)) {
          if (best !== undefined && !isBetter(proposal, best, cursor)) continue;
          if (!options.isDismissed(proposal)) best = proposal;
        }
      }
    }
    if (best !== undefined) return best;
  }
  return undefined;
}

/** The function, called only once for each argument. */
function onceForEach<Argument, Result>(compute: (argument: Argument) => Result): (argument: Argument) => Result {
  const results = new Map<Argument, Result>();
  return (argument) => {
    const known = results.get(argument);
    if (known !== undefined) return known;
    const result = compute(argument);
    results.set(argument, result);
    return result;
  };
}

/**
 * The words of which a file of the repository must contain one to have a proposal; those of the latest edits come
 * first.
 */
export function wordsOfRepository(edits: readonly Edit[]): string[] {
  const words = rulesFor("repository", edits, LEAST_TRUST).map(({ rule }) => rule.word);
  return [...new Set(words)].filter((word) => word.length >= SHORTEST_WORD);
}

interface GeneralRule {
  rule: Rule;
  /** The features that the rule has wherever it applies. */
  general: Features;
}

/** The rules that would be sure enough at the most favourable place that there could be. */
function rulesFor(scope: Scope, edits: readonly Edit[], leastTrust: number): GeneralRule[] {
  const rules: GeneralRule[] = [];
  for (const rule of rulesOf(edits)) {
    const { features: lasting, sum } = lastingOf(rule);
    const passing = passingFeatures(rule, scope, edits);
    const document = { ...passing, ...BEST_DOCUMENT, here: Math.log2(1 + rule.edits.length) };
    if (mostTrust(rule, document, sum) >= leastTrust) rules.push({ rule, general: { ...lasting, ...passing } });
  }
  return rules;
}

/** The trust in a rule at the most favourable place that there could be. @param others evidence of other features. */
function mostTrust({ kind }: Rule, features: Features, others = 0): number {
  return confirmedTrust(kind, features) ?? trustOf(evidence(BEST_PLACE, evidence(features, others)));
}

interface Lasting {
  features: Features;
  /** Their evidence. */
  sum: number;
}

const known = new SideTable<Rule, Lasting>();

function lastingOf(rule: Rule): Lasting {
  let lasting = known.get(rule);
  if (lasting === undefined) {
    const features = lastingFeatures(rule);
    lasting = { features, sum: evidence(features) };
    known.set(rule, lasting);
  }
  return lasting;
}

/**
 * What the rules of a key propose in a document, from top to bottom, without overlaps.
 *
 * @param scope what the document is to the edits, as in the proposal that it belongs to.
 */
export function proposalsOfRule(edits: readonly Edit[], key: string, file: SourceText, scope: Scope): Proposal[] {
  const edited = editedSpans(edits, file.uri);
  // The same renaming of two declarations is one rule for the user.
  const found = rulesOf(edits)
    .filter((rule) => rule.key === key)
    .flatMap((rule) => {
      const general = { ...lastingOf(rule).features, ...passingFeatures(rule, scope, edits) };
      return [...proposalsOf({ rule, file, scope, general, edited, leastTrust: LEAST_TRUST })];
    })
    .sort((one, other) => one.start - other.start);
  return found.filter((proposal, index) => index === 0 || proposal.start >= found[index - 1]!.end);
}

function* filesOf(scope: Scope, rule: Rule, { current, open, filesWith }: Workspace): Iterable<SourceText> {
  if (scope === "file") yield current;
  else if (scope === "open") yield* open;
  else if (rule.word.length >= SHORTEST_WORD) yield* filesWith(rule.word);
}

interface Search extends GeneralRule {
  file: SourceText;
  /** Where the remembered edits are in the file. */
  edited: readonly Span[];
  scope: Scope;
  leastTrust: number;
}

function* proposalsOf(search: Search, onRated?: ProposeOptions["onRated"]): Iterable<Proposal> {
  const { rule, file, scope, general, edited, leastTrust } = search;
  const { uri } = file;
  const document = inDocument(rule, file, general, edited);
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
    const surroundings = surroundingsOf(file.text, start);
    const proposal: Proposal = { uri, start, end, text, surroundings, kind: rule.kind, scope, rule: rule.key, trust };
    onRated?.(proposal, { ...found.shared, ...own });
    yield proposal;
  }
}

/** The line that an offset is in, with the lines above and below. */
function surroundingsOf(text: string, offset: number): string {
  const start = lineStart(text, offset);
  const end = lineEnd(text, offset);
  return text.slice(lineStart(text, Math.max(0, start - 1)), lineEnd(text, Math.min(text.length, end + 1)));
}

/** The text with the line ends of the document. */
function withLineEnds(text: string, document: string): string {
  if (!text.includes("\n")) return text;
  const first = document.indexOf("\n");
  return first > 0 && document[first - 1] === "\r" ? text.replaceAll("\n", "\r\n") : text;
}

function unusedImport({ edits, workspace, isDismissed, isUnused }: ProposeOptions): Proposal | undefined {
  if (isUnused === undefined) return undefined;
  const { uri, text } = workspace.current;
  const own = edits.filter((edit) => edit.uri === uri).slice(-EDITS_OF_IMPORTS);
  for (const { name, start, end } of unusedImports(workspace.current, own)) {
    if (!isUnused(start, end)) continue;
    const found = {
      kind: "unused import",
      scope: "file",
      rule: `unused\0${name}`,
      trust: confirmedTrust("unused import", {}) ?? 0,
    } as const;
    const proposal: Proposal = { uri, start, end, text: "", surroundings: surroundingsOf(text, start), ...found };
    if (!isDismissed(proposal)) return proposal;
  }
  return undefined;
}

/**
 * Whether one proposal is to be preferred. More trust wins, in steps of 5 %. With equal trust, in the current document,
 * the nearest below the cursor wins, or else the one nearest to the top; between documents, the one that was found
 * first.
 */
function isBetter(one: Proposal, other: Proposal, cursor: number): boolean {
  const [trust, otherTrust] = [Math.round(one.trust * 20), Math.round(other.trust * 20)];
  if (trust !== otherTrust) return trust > otherTrust;
  if (one.uri !== other.uri) return false;
  if (one.scope !== "file") return one.start < other.start;
  const isBelow = one.start >= cursor;
  return isBelow === other.start >= cursor ? one.start < other.start : isBelow;
}
