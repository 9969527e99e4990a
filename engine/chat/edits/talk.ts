/** Whether an answer consists of sentences instead of code. */
import { languageOf } from "../../text/languages.ts";
import { isBlank, trimBlank } from "../../text/lines.ts";
import { initialState, placeKind, scan } from "../../text/scanner.ts";
import { MARKUP } from "../../text/syntaxes.ts";
import { stateBehind } from "./brackets.ts";
import type { Surroundings } from "./place.ts";

/** How models begin when they address the user; below, when they describe code. */
const ADDRESS =
  /^(\*\*)?(sorry|sure|certainly|of course|unfortunately|okay|i|i'm|i've|i'd|i'll|here('s| is| are)|as an ai)\b/i;
const TALK =
  /^(\*\*)?(sorry|sure|certainly|of course|unfortunately|okay|i|i'm|i've|i'd|i'll|here('s| is| are)|this (code|function|method|class|part|is)|the (following|above|code|given|provided|function|problem)|to (fix|do|make|solve)|you (can|could|should|need|may)|note that|below is|let me|let's|as an ai|it (seems|looks|is))\b/i;
/** A few words to the user, which no language with punctuation has as a statement. */
const SHORT_ADDRESS =
  /^(sure|certainly|of course|okay|ok|absolutely|got it|understood|done|great)\b[\p{L}\s,'’]*[!.:]\s*$/iu;
const SHORTEST_SENTENCE = 4;
/**
 * Languages in which no statement consists only of words and blanks. In SQL, Dockerfiles or Gherkin a statement may
 * look like a sentence, and markup has sentences between its tags.
 */
const PUNCTUATED = new Set(
  (
    "typescript typescriptreact javascript javascriptreact python c cpp cuda-cpp objective-c objective-cpp csharp java " +
    "kotlin scala groovy dart swift go rust zig php css scss less json jsonc json5"
  ).split(" "),
);

/** Markup has sentences between its tags, and data has them in its values. */
function isStatements(languageId: string): boolean {
  const { family, syntax } = languageOf(languageId);
  return syntax !== MARKUP && languageId !== "unknown" && !/^(?:yaml|toml|ini)$/.test(family);
}

/**
 * @param lines the lines of the answer.
 * @param original the lines that are in the place now.
 */
export function isTalk(
  lines: readonly string[],
  original: readonly string[],
  languageId: string,
  around?: Surroundings,
): boolean {
  const first = lines.find((line) => !isBlank(line)) ?? "";
  if (PUNCTUATED.has(languageId) && SHORT_ADDRESS.test(first.trim()) && !isText(first, languageId, around)) {
    return true;
  }
  if (languageOf(languageId).isProse || languageId === "mdx" || !isSentence(first)) {
    return false;
  }
  // If the place contains sentences already, a sentence is a proper answer.
  if (original.some(isSentence) || isText(first, languageId, around)) {
    return false;
  }
  return PUNCTUATED.has(languageId) || (isStatements(languageId) ? TALK : ADDRESS).test(first.trim());
}

/**
 * The lines without paragraphs of sentences at their end, which tell the user about the code above them. Only in
 * languages in which a sentence cannot be a statement, and not where the original has sentences, too.
 */
export function withoutTalkBehind(
  lines: readonly string[],
  original: readonly string[],
  languageId: string,
  around: Surroundings = { before: [], after: [] },
): string[] {
  let kept = trimBlank(lines);
  if (!PUNCTUATED.has(languageId) || original.some(isSentence)) return kept;
  for (;;) {
    const start = kept.findLastIndex(isBlank) + 1;
    const above = kept.slice(0, start);
    const [first = ""] = kept.slice(start);
    const isOfCode = start === 0 || isText(first, languageId, { ...around, before: [...around.before, ...above] });
    if (isOfCode || !isParagraph(kept.slice(start))) return kept;
    kept = trimBlank(above);
  }
}

/** Whether lines at the margin are sentences, perhaps in a list, of which at least one is long enough to be sure. */
function isParagraph(lines: readonly string[]): boolean {
  const texts = lines.map((line) => line.replace(/^(?:[-*•]|\d+[.)])\s+(?=\S)/, ""));
  const isPart = (text: string) => isSentence(text) || /^\p{Lu}[\p{L} ]*:$/u.test(text) || SHORT_ADDRESS.test(text);
  return texts.every((text) => /^\S/.test(text) && isPart(text)) && texts.some(isSentence);
}

/** Whether a line before a block of code can only be meant for the user. */
export function isRemark(line: string): boolean {
  const text = line.trim().replace(/^(?:[-*•]|\d+[.)])\s+/, "");
  return isSentence(text) || (/^\p{Lu}[^;{}=<>()]*[:.!]$/u.test(text) && !/["'\]]/.test(text));
}

const FUNCTION_WORD =
  /\b(the|an?|is|are|was|were|to|of|and|that|this|it|its|you|your|we|can|cannot|could|should|with|for|in|be|not|as|but|because|so|if|here|has|have|by|from|on|or)\b/;

/** Whether a line has words, hardly any punctuation of code, and no comment mark. What quotes hold, or a comment behind it, says nothing. */
export function isSentence(line: string): boolean {
  const text = line.trim().replace(/\s\/\/.*$/, "");
  const words = text.replace(/`[^`]*`/g, "`");
  return (
    text.split(/\s+/).length >= SHORTEST_SENTENCE &&
    /^(\p{Lu}|\*\*\p{L}|["'“]\p{Lu})/u.test(text) &&
    (FUNCTION_WORD.test(words) || /[.!?:…]$/.test(text) || /[\u0080-\uffff]/.test(words)) &&
    !/[;{}=<>\\]|\w\(|\)$/.test(words)
  );
}

/** Whether the line is, or is inside, a string, a comment, or the text between the tags of markup. */
function isText(line: string, languageId: string, around: Surroundings | undefined): boolean {
  if (/^\s*["'`]/.test(line)) {
    return true;
  }
  const above = around?.before.findLast((text) => !isBlank(text)) ?? "";
  if ((languageId.endsWith("react") || languageOf(languageId).syntax === MARKUP) && />\s*$/.test(above)) {
    return true;
  }
  const state = around === undefined ? initialState() : stateBehind(around.before, languageId);
  if (placeKind(state) !== "code") {
    return true;
  }
  const kind = scan(line, languageId, state).tokens[0]?.kind;
  return kind === "string" || kind === "comment";
}
