/** Finds the names in an answer that lists them. */

const MOST = 5;
const LONGEST = 50;
const IDENTIFIER = /^[\p{L}_$][\p{L}\p{N}_$]*$/u;
/** Names of languages in which a hyphen joins words. */
const HYPHENATED = /^[\p{L}_$][\p{L}\p{N}_$]*(?:-[\p{L}\p{N}_$]+)*$/u;
/** Signs that belong to a name but not to its words: of private members, variables, properties, predicates. */
const BEFORE = /^(?:@{1,2}|#|--|%|&)?(?:[msg]_(?=\p{Ll}))?[_$]*(?=[\p{L}\p{N}])/u;
const AFTER = /(?<=[\p{L}\p{N}])(?:[?!']|_+)$/u;
const RESERVED = new Set(
  (
    "break case catch class const continue def default delete do elif else enum export extends false finally for from " +
    "function if implements import in interface is let new not null or pass private protected public raise return self " +
    "static struct super switch this throw true try type typeof var void while with yield None True False"
  ).split(" "),
);

/** "other" is for words in several styles, which have no style in common. */
type Style = "camel" | "pascal" | "snake" | "upper" | "kebab" | "other";

/**
 * In these languages a single lower-case word says nothing about the style, because they join words with underscores.
 */
const SNAKE_LANGUAGES = new Set("python ruby rust elixir".split(" "));

/**
 * At most five names, in the order of the answer and without the present name. They keep its case style and its
 * beginning, such as underscores that mean "private", or a sigil.
 */
export function parseNames(answer: string, present: string, languageId = ""): string[] {
  const [start, bare, end] = partsOf(present);
  const style = styleOf(bare, languageId);
  const names = listed(answer)
    .map((line) => line.replace(/^\s*(?:and\s+|or\s+)?(?:\d+[.)]\s*)?(?:[-*•](?!-)\s+)?/, "").trim())
    // A line such as "`total`: the sum" names `total`.
    .map((line) => (/^[`"'*]*([^\s`"'*:()]+'?)[`"'*]*(\s*(\(\))?\s*($|[-–—:]\s.*|\(.*))/u.exec(line) ?? [])[1] ?? "")
    .map((name) => partsOf(name.replace(/^(?:this|self|cls)\./, ""))[1])
    .filter((name) => (IDENTIFIER.test(name) || HYPHENATED.test(name)) && name.length <= LONGEST)
    .filter((name) => !RESERVED.has(name))
    .map((name) => inStyle(name, style))
    .filter((name) => (style === "kebab" ? HYPHENATED : IDENTIFIER).test(name))
    .map((name) => start + name + end)
    .filter((name) => name !== present);
  return [...new Set(names)].slice(0, MOST);
}

/** What an answer lists: the items of its lines, or the strings of a list in JSON. */
function listed(answer: string): string[] {
  if (!/^\s*(?:\d+\.\s*)?[[{]\s*"/.test(answer)) {
    return answer.split(/[\n,;]/);
  }
  return Array.from(answer.matchAll(/"([^"\n]*)"(\s*:)?/g), ([, text = "", colon]) =>
    colon === undefined ? text : "",
  );
}

/**
 * Splits a name into the characters before its words, the words, and the characters behind them. A name without words is
 * all words.
 */
function partsOf(name: string): [start: string, words: string, end: string] {
  const start = BEFORE.exec(name)?.[0] ?? "";
  const end = AFTER.exec(name.slice(start.length))?.[0] ?? "";
  return [start, name.slice(start.length, name.length - end.length), end];
}

function styleOf(name: string, languageId: string): Style {
  if (name.includes("-")) {
    return "kebab";
  }
  if (/^[A-Z0-9_$]+$/.test(name) && /[A-Z].*[A-Z_]/.test(name)) {
    return "upper";
  }
  if (/^\p{Lu}/u.test(name)) {
    return name.includes("_") ? "other" : "pascal";
  }
  if (name.includes("_")) {
    return /\p{Lu}/u.test(name) ? "other" : "snake";
  }
  return SNAKE_LANGUAGES.has(languageId) && !/\p{Lu}/u.test(name) ? "snake" : "camel";
}

function inStyle(name: string, style: Style): string {
  const words = name.match(/\p{Lu}+(?!\p{Ll})\p{N}*|\p{Lu}?[\p{Ll}\p{N}$]+|[\p{Lo}\p{Lm}\p{M}]+/gu) ?? [];
  if (style === "other") {
    return name;
  }
  if (words.length < 2 && style === "camel") {
    // One lower-case word fits every style.
    return words.length === 1 && /^\p{Lu}/u.test(name) ? lowered(name, words[0] === name) : name;
  }
  const lower = words.map((word) => word.toLowerCase());
  const capital = (word: string) => word.slice(0, 1).toUpperCase() + word.slice(1);
  switch (style) {
    case "upper":
      return lower.join("_").toUpperCase();
    case "snake":
      return lower.join("_");
    case "kebab":
      return lower.join("-");
    case "pascal":
      return lower.map(capital).join("");
    case "camel":
      return lower.map((word, index) => (index === 0 ? word : capital(word))).join("");
  }
}

function lowered(name: string, isWord: boolean): string {
  return isWord && /^\p{Lu}+$/u.test(name) ? name.toLowerCase() : name.slice(0, 1).toLowerCase() + name.slice(1);
}
