/**
 * The patterns with which the scanner reads a language. They are made from the language's row in the table, and kept.
 */
import { languageOf } from "./languages.ts";
import { F_STRINGS, type Feature, type StringRule, type Syntax } from "./syntaxes.ts";
import { isWordCharacter } from "./words.ts";

const NOTHING: Syntax = { lineComments: [], blockComments: [], strings: [], brackets: "", features: [] };
const KEYWORDS_BEFORE_VALUE = new Set(
  (
    "return typeof case in of delete void throw new else do await yield instanceof " +
    "if unless while until when and or not then elsif"
  ).split(" "),
);
/** The most characters of a character literal, including both quotes: `'\u{10FFFF}'`. */
const LONGEST_CHARACTER = 12;
const CLOSING: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}", "<": ">" };

/** The kinds of what a pattern can find; the scanner treats each in its own way. */
export type GrammarKind =
  | "line"
  | "directive"
  | "tag"
  | "block"
  | "special"
  | "lineComment"
  | "heredoc"
  | "shellCase"
  | "quote"
  | "slash"
  | "format"
  | "open"
  | "close"
  | "number"
  | "word"
  | "operator";

interface Alternative {
  kind: GrammarKind;
  /** One capturing group. */
  source: string;
}

export interface Pattern {
  readonly expression: RegExp;
  /** The kinds of its groups, in their order. */
  readonly kinds: readonly GrammarKind[];
}

export interface Grammar {
  readonly syntax: Syntax;
  /** Finds everything that opens or closes something. */
  readonly structure: Pattern;
  /** Finds the same, and words, numbers and operators. */
  readonly tokens: Pattern;
  readonly regexRule: StringRule;
  has(feature: Feature): boolean;
  /** Whether a quote opens a string. */
  opensString(rule: StringRule, text: string, start: number): boolean;
  /** The rule of a string with a special beginning; "character" for a single character; undefined for an operator. */
  specialRule(found: string, isValueBefore: () => boolean): StringRule | "character" | undefined;
  /** The length of the regular expression that begins at a slash; "open" when the text ends inside it. */
  regexLength(text: string, start: number): number | "open" | undefined;
  /**
   * Whether a value comes before a place, so that a slash there divides.
   *
   * @param comments maps the ends of comments to their beginnings.
   */
  isValueBefore(text: string, start: number, comments: ReadonlyMap<number, number>): boolean;
  /** A pattern for the end of a string, and for everything that must be examined before it. */
  stringEnd(rule: StringRule): RegExp;
  heredocEnd(word: string): RegExp;
}

const grammars = new Map<Syntax, Grammar>();

export function grammarOf(languageId: string): Grammar {
  const syntax = languageOf(languageId).syntax ?? NOTHING;
  const grammar = grammars.get(syntax) ?? makeGrammar(syntax);
  grammars.set(syntax, grammar);
  return grammar;
}

function makeGrammar(syntax: Syntax): Grammar {
  const features = new Set(syntax.features);
  const structure = alternatives(syntax, features);
  const all: Alternative[] = [
    ...structure,
    { kind: "number", source: "(\\d\\w*(?:\\.\\d\\w*)*(?:'\\d\\w*)*)" },
    { kind: "word", source: "([\\p{L}_$][\\p{L}\\p{N}_$]*)" },
    { kind: "operator", source: "(\\S)" },
  ];
  const ends = new Map<string, RegExp>();
  const endFor = (key: string, source: () => string) => {
    const end = ends.get(key) ?? new RegExp(source(), "gmu");
    ends.set(key, end);
    return end;
  };
  return {
    syntax,
    structure: patternOf(structure),
    tokens: patternOf(all),
    regexRule: { open: "/", close: "/", escape: "backslash", lines: "one" },
    has: (feature) => features.has(feature),
    opensString: (rule, text, start) => opensString(syntax, rule, text, start),
    specialRule,
    regexLength,
    isValueBefore: (text, start, skip) => isValueBefore(text, start, features.has("percent-literals"), skip),
    stringEnd: (rule) =>
      endFor(`${rule.escape} ${rule.lines} ${rule.close} ${holesKey(rule)} ${rule.nests}`, () => endOf(rule)),
    heredocEnd: (word) => endFor(`<<${word}`, () => `^[ \\t]*${word}\\b`),
  };
}

function patternOf(alternatives: readonly Alternative[]): Pattern {
  return {
    expression: new RegExp(alternatives.map(({ source }) => source).join("|"), "gmu"),
    kinds: alternatives.map(({ kind }) => kind),
  };
}

/** In the order in which they are tried: longer and more special ones come first. */
function alternatives(syntax: Syntax, features: ReadonlySet<Feature>): Alternative[] {
  const group = (kind: GrammarKind, sources: readonly string[]): Alternative[] =>
    sources.length > 0 ? [{ kind, source: `(${sources.join("|")})` }] : [];
  const blocks = syntax.blockComments.map(([open]) => (/^=/.test(open) ? `^${open}` : literal(open)));
  if (features.has("lua-long")) blocks.unshift("--\\[=*\\[");
  const quotes = syntax.strings.map(({ open }) => open).sort((one, other) => other.length - one.length);
  const brackets = [...syntax.brackets];
  return [
    ...group("line", ["\\n"]),
    ...group("directive", features.has("directives") ? ["^[ \\t]*#[ \\t]*\\w*"] : []),
    ...group("tag", features.has("php-tags") ? ["\\?>"] : []),
    ...group("block", blocks),
    ...group("special", specials(features)),
    ...group("lineComment", syntax.lineComments.map(literal)),
    ...group("heredoc", syntax.heredoc === undefined ? [] : [syntax.heredoc]),
    ...group("shellCase", features.has("shell-case") ? ["\\b(?:case|esac)\\b"] : []),
    ...group("quote", quotes.map(literal)),
    ...group("slash", features.has("regex") ? ["/"] : []),
    ...group("format", hasFormats(syntax, features) ? [":"] : []),
    ...group("open", brackets.filter((one) => "([{".includes(one)).map(literal)),
    ...group("close", brackets.filter((one) => ")]}".includes(one)).map(literal)),
  ];
}

function hasFormats({ strings }: Syntax, features: ReadonlySet<Feature>): boolean {
  return features.has("f-strings") || strings.some(({ holes }) => holes?.some(({ format }) => format !== undefined));
}

function specials(features: ReadonlySet<Feature>): string[] {
  return [
    ...(features.has("rust-raw") ? ['\\bb?r#*"'] : []),
    ...(features.has("cpp-raw") ? ['\\b(?:u8|[uUL])?R"[^ ()\\\\\\t\\n"]{0,16}\\('] : []),
    ...(features.has("lua-long") ? ["\\[=*\\["] : []),
    ...(features.has("dollar-quotes") ? ["\\$\\w*\\$"] : []),
    ...(features.has("percent-literals") ? ["%[wWiIqQrsx]?[\\[({<|!]"] : []),
    ...(features.has("sigils") ? ["~[a-zA-Z](?:\"\"\"|'''|[\\[({<|/\"'])"] : []),
    ...(features.has("f-strings") ? ["(?<![\\p{L}\\p{N}_])(?:[fFtT][rR]?|[rR][fFtT])(?:\"{3}|'{3}|[\"'])"] : []),
    ...(features.has("question-character") ? ["(?<!\\w)\\?(?:\\\\.|[^\\w\\s])"] : []),
    ...(features.has("backslash-character") ? ["\\\\[^\\n]"] : []),
  ];
}

function specialRule(found: string, isValueBefore: () => boolean): StringRule | "character" | undefined {
  const raw = (close: string): StringRule => ({ open: found, close, escape: "none", lines: "many" });
  if (/^[?\\]/.test(found)) return "character";
  const quotes = /^(?:[ft]r?|r[ft])(["'].*)$/i.exec(found)?.[1];
  if (quotes !== undefined) return F_STRINGS.get(quotes);
  if (/r#*"$/.test(found)) return raw(`"${found.replace(/[^#]/g, "")}`);
  const delimiter = /R"(.*)\($/.exec(found)?.[1];
  if (delimiter !== undefined) return raw(`)${delimiter}"`);
  if (/^\[=*\[$/.test(found)) return raw(found.replaceAll("[", "]"));
  if (/^\$\w*\$$/.test(found)) return raw(found);
  if (/^%.$/.test(found) && isValueBefore()) return undefined;
  const mark = found.startsWith("~") ? found.slice(2) : found.slice(-1);
  const isNested = CLOSING[mark] !== undefined;
  const holes = /^(?:%[wiqs]|~[A-Z])/.test(found) ? {} : { holes: [{ open: "#{", close: "}" }] };
  return { ...raw(CLOSING[mark] ?? mark), escape: "backslash", ...holes, ...(isNested && { nests: mark }) };
}

function opensString(syntax: Syntax, rule: StringRule, text: string, start: number): boolean {
  const { open, lines } = rule;
  if (syntax.quotePrefix !== undefined && (open === "'" || open === '"')) {
    const word = wordBefore(text, start) || (rule.isCharacter === true && text[start - 1] === "'" ? "'" : "");
    if (word !== "" && !syntax.quotePrefix.test(word)) return false;
  }
  // Of a string with holes the scanner tries whether it ends.
  if (lines === "many" || rule.holes !== undefined) return true;
  if (rule.isCharacter === true) return opensCharacter(text, start, syntax.features.includes("lifetimes"));
  return lengthOnLine(rule, text, start + open.length) !== undefined;
}

/**
 * The length of a string's text with its closing mark, where that is on the same line, or the rest of the text where that
 * ends before; holes are not looked for.
 *
 * @param start where the string's text begins, behind its opening mark.
 */
export function lengthOnLine(rule: StringRule, text: string, start: number): number | undefined {
  const line = endOfLine(rule);
  line.lastIndex = start;
  return line.exec(text)?.[0].length;
}

/**
 * Whether a character literal begins here: it is closed right after its character. One in which the text ends counts
 * unless it is a lifetime.
 */
function opensCharacter(text: string, start: number, hasLifetimes: boolean): boolean {
  const rest = text.slice(start, start + LONGEST_CHARACTER);
  if (/^'(?:\\[^\n]{1,9}?|[^'\\\n]{1,2})'/.test(rest)) return true;
  const isTyped = rest.length < LONGEST_CHARACTER && /^'(?:|\\[^'\n]*|[^'\n]{1,2})$/.test(rest);
  return isTyped && !(hasLifetimes && /[&<,+:]\s*$/.test(text.slice(Math.max(0, start - 3), start)));
}

const lineEnds = new Map<string, RegExp>();

/** Matches when a string closes on its line, or when the text ends before that. */
function endOfLine({ close, escape: escaping }: StringRule): RegExp {
  const key = `${escaping}${close}`;
  const skip = escaping === "backslash" ? "\\\\[\\s\\S]|" : "";
  const made =
    lineEnds.get(key) ??
    new RegExp(
      `(?:${skip}(?!${literal(close)})[^\\n${escaping === "backslash" ? "\\\\" : ""}])*(?:${literal(close)}|\\\\?$)`,
      "yu",
    );
  lineEnds.set(key, made);
  return made;
}

function holesKey({ holes = [], literalHole = "" }: StringRule): string {
  return `${literalHole} ${holes.map(({ open, before = "" }) => open + before).join(" ")}`;
}

function endOf({ close, escape: escaping, lines, holes = [], literalHole, nests }: StringRule): string {
  return [
    ...(literalHole === undefined ? [] : [literal(literalHole)]),
    ...holes.map(({ open, before }) => `${literal(open)}${before === undefined ? "" : `(?=${literal(before)})`}`),
    // A backslash does not make a hole text where the mark of a hole is doubled for that.
    ...(escaping === "backslash" ? [literalHole === undefined ? "\\\\[\\s\\S]" : "\\\\[^{]"] : []),
    ...(escaping === "doubled" ? [literal(close + close)] : []),
    literal(close),
    ...(nests === undefined ? [] : [literal(nests)]),
    ...(lines === "one" ? ["\\n"] : []),
  ].join("|");
}

const REGEX = /\/(?![*/>])(?:\\[^\n]|\[(?:\\[^\n]|[^\]\\\n])*\]|[^/\\[\n])+\/[a-z]*/y;
const OPEN_REGEX = /\/(?![*/>])(?:\\[^\n]|\[(?:\\[^\n]|[^\]\\\n])*\]|[^/\\[\n])*(?:\[(?:\\[^\n]|[^\]\\\n])*)?\\?$/y;

function regexLength(text: string, start: number): number | "open" | undefined {
  REGEX.lastIndex = start;
  const match = REGEX.exec(text);
  if (match !== null) return match[0].length;
  OPEN_REGEX.lastIndex = start;
  return OPEN_REGEX.test(text) ? "open" : undefined;
}

function isValueBefore(text: string, start: number, isRuby: boolean, comments: ReadonlyMap<number, number>): boolean {
  // A line is read in the same way whether or not the lines above are known, so their ends do not count.
  let at = start - 1;
  while (at >= 0 && (comments.has(at + 1) || /[ \t]/.test(text[at] ?? ""))) at = (comments.get(at + 1) ?? at) - 1;
  const last = text[at] ?? "\n";
  if (last === "\n") return false;
  if (/[)\]}"'`]/.test(last)) return true;
  // A slash after a tag's bracket closes the tag; after an arrow, a value begins.
  if (last === "<") return true;
  if (last === ">") return text[at - 1] !== "=";
  const word = wordBefore(text, at + 1);
  if (word === "") return false;
  // `puts /x/` has an argument without brackets.
  const isArgument = isRuby && at < start - 1 && /\S/.test(text[start + 1] ?? " ") && !/^\d/.test(word);
  return !isArgument && !KEYWORDS_BEFORE_VALUE.has(word);
}

function wordBefore(text: string, end: number): string {
  let start = end;
  while (start > 0 && isWordCharacter(text[start - 1])) start--;
  return text.slice(start, end);
}

/** The source of a pattern that matches exactly these characters. */
function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}
