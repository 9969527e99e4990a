/**
 * The lexical grammar of the languages, as far as {@link scanner.ts} needs it: comments, strings, brackets, and the few
 * forms that a plain list of delimiters cannot express.
 */

/** What encloses an expression inside a string. */
export interface Hole {
  /** Ends with the bracket that {@link close} closes. */
  readonly open: string;
  readonly close: string;
  /** The opening mark counts only before this one. */
  readonly before?: string;
  /** The rule of the text that a colon begins in the hole, and that ends where the hole does: `{price:#.2f}`. */
  readonly format?: StringRule;
}

export interface StringRule {
  readonly open: string;
  readonly close: string;
  /** How a closing mark is written inside the string: with a backslash before it, twice, or not at all. */
  readonly escape: "backslash" | "doubled" | "none";
  /** "one": the string must end on its line, otherwise it is not a string (an apostrophe in JSX, for example). */
  readonly lines: "one" | "many";
  readonly holes?: readonly Hole[];
  /** How the opening mark of a hole is written where it opens none. */
  readonly literalHole?: string;
  /**
   * Whether the holes are tried on the rest of the line before they are believed, as those of strings of one line are
   * anyway: a hole that is being typed does not take the lines below into the string then.
   */
  readonly triesHoles?: boolean;
  /** Whether the text of the string ends before its closing mark, which closes what the string is in as well. */
  readonly endsBefore?: boolean;
  /** An opening mark that, inside the string, needs its own closing mark: `%r{a{2}}`. */
  readonly nests?: string;
  /**
   * Whether it is a single character, closed right after it. Otherwise the mark means something else (a lifetime in
   * Rust).
   */
  readonly isCharacter?: boolean;
}

export type Feature =
  /** `/.../` where a value may begin. */
  | "regex"
  /**
   * C's preprocessor: each branch of a condition begins with the same open brackets, and a definition leaves none open.
   */
  | "directives"
  /** `pattern)` within `case ... esac`. */
  | "shell-case"
  /** `r#"..."#`. */
  | "rust-raw"
  /** `'a` without a closing quote, as in `&'a str`. */
  | "lifetimes"
  /** `R"x(...)x"`. */
  | "cpp-raw"
  /** `[[...]]`, `[==[...]==]` and comments like them. */
  | "lua-long"
  /** `$$...$$`, `$tag$...$tag$`. */
  | "dollar-quotes"
  /** `%w[...]`, `%r{...}` in Ruby, `~w[...]` in Elixir. */
  | "percent-literals"
  | "sigils"
  /** `f"{x}"`, `rf'...'`, `t"""..."""`. */
  | "f-strings"
  /** `?(` and `\(` represent a character. */
  | "question-character"
  | "backslash-character"
  /** Text outside of `<?php ... ?>` is markup. */
  | "php-tags"
  /** `//` after a colon is part of an address, not a comment. */
  | "addresses";

export interface Syntax {
  readonly lineComments: readonly string[];
  /** Whether a line comment begins only at the start of a word: `$#` and `a#b` contain none. */
  readonly commentsNeedBlank?: boolean;
  readonly blockComments: readonly (readonly [string, string])[];
  readonly nestedComments?: boolean;
  readonly strings: readonly StringRule[];
  /** The pairs that are counted; "" for languages in which closing brackets mean too little. */
  readonly brackets: string;
  /** What may come directly before a quote, as a whole word. Undefined means anything. */
  readonly quotePrefix?: RegExp;
  /** The source of a pattern for the beginning of a here-document, which ends with its word on a line of its own. */
  readonly heredoc?: string;
  readonly features: readonly Feature[];
}

const BRACKETS = "()[]{}";
const line = (open: string): StringRule => ({ open, close: open, escape: "backslash", lines: "one" });
const many = (open: string): StringRule => ({ ...line(open), lines: "many" });
const raw = (open: string, close = open): StringRule => ({ open, close, escape: "none", lines: "many" });
const doubled = (mark: string, lines: "one" | "many" = "many"): StringRule => ({
  open: mark,
  close: mark,
  escape: "doubled",
  lines,
});
const character: StringRule = { ...line("'"), isCharacter: true };
const hole = (open: string, close = "}") => ({ holes: [{ open, close }] });
/** Holes in braces, in which a format may follow a colon. A brace in the text itself is written twice. */
const FORMATTED = {
  holes: [
    {
      open: "{",
      close: "}",
      format: { ...raw(":", "}"), lines: "one", endsBefore: true, ...hole("{") } satisfies StringRule,
    },
  ],
  literalHole: "{{",
};
const BLOCK = ["/*", "*/"] as const;

/** A grammar like C's, which most rows below modify. */
export const C_LIKE: Syntax = {
  lineComments: ["//"],
  blockComments: [BLOCK],
  strings: [line('"'), line("'")],
  brackets: BRACKETS,
  features: [],
};
const HASH_LIKE: Syntax = { ...C_LIKE, lineComments: ["#"], blockComments: [] };

export const JAVASCRIPT: Syntax = {
  ...C_LIKE,
  strings: [line('"'), line("'"), { ...many("`"), ...hole("${") }],
  quotePrefix: /^(?:return|case|typeof|in|of|else|default|from|import|as|throw|extends|await|yield|void|new)$/,
  features: ["regex", "addresses"],
};
export const JSON_LIKE: Syntax = { ...C_LIKE, strings: [line('"')] };
export const CSS: Syntax = { ...C_LIKE, lineComments: [] };
export const SCSS: Syntax = { ...C_LIKE, features: ["addresses"] };
export const C: Syntax = { ...C_LIKE, quotePrefix: /^(?:L|u8?|U|R|LR|u8?R|UR)$/, features: ["directives"] };
export const CPP: Syntax = { ...C, features: ["directives", "cpp-raw"] };
export const CSHARP: Syntax = {
  ...C_LIKE,
  strings: [
    raw('"""'),
    { ...raw('"""'), open: '$"""', ...FORMATTED },
    { ...doubled('"'), open: '$@"', ...FORMATTED },
    { ...doubled('"'), open: '@$"', ...FORMATTED },
    { ...doubled('"'), open: '@"' },
    { ...line('"'), open: '$"', ...FORMATTED },
    line('"'),
    character,
  ],
  features: ["directives"],
};
export const JAVA: Syntax = { ...C_LIKE, strings: [many('"""'), line('"'), character] };
export const KOTLIN: Syntax = {
  ...C_LIKE,
  nestedComments: true,
  strings: [{ ...raw('"""'), ...hole("${") }, { ...line('"'), ...hole("${") }, character],
};
export const SCALA: Syntax = KOTLIN;
export const GROOVY: Syntax = {
  ...C_LIKE,
  strings: [many("'''"), { ...many('"""'), ...hole("${") }, line("'"), { ...line('"'), ...hole("${") }],
  features: ["regex"],
};
export const DART: Syntax = {
  ...C_LIKE,
  nestedComments: true,
  strings: ["'''", '"""']
    .map((mark) => ({ ...many(mark), ...hole("${") }))
    .concat(["'", '"'].map((mark) => ({ ...line(mark), ...hole("${") }))),
};
export const SWIFT: Syntax = {
  ...C_LIKE,
  nestedComments: true,
  strings: [
    { ...many('"""'), ...hole("\\(", ")") },
    { ...raw('#"', '"#'), lines: "one", ...hole("\\#(", ")") },
    { ...line('"'), ...hole("\\(", ")") },
  ],
};
export const GO: Syntax = { ...C_LIKE, strings: [line('"'), raw("`"), character] };
export const RUST: Syntax = {
  ...C_LIKE,
  nestedComments: true,
  strings: [many('"'), character],
  features: ["rust-raw", "lifetimes"],
};
const PHP_HOLES = {
  holes: [
    { open: "{", close: "}", before: "$" },
    { open: "${", close: "}" },
  ],
  triesHoles: true,
};
export const PHP: Syntax = {
  ...C_LIKE,
  lineComments: ["//", "#"],
  strings: [{ ...many('"'), ...PHP_HOLES }, many("'"), { ...many("`"), ...PHP_HOLES }],
  heredoc: "<<<[ \\t]*[\"']?[A-Za-z_]\\w*[\"']?",
  features: ["php-tags", "addresses"],
};
export const PYTHON: Syntax = {
  ...HASH_LIKE,
  strings: [many('"""'), many("'''"), line('"'), line("'")],
  quotePrefix: /^(?:[rbfut]{1,2}|in|is|not|and|or|if|else|return|print)$/i,
  features: ["f-strings"],
};
/**
 * The strings of Python with holes, by their quotes. Since Python 3.12 a hole may hold the quotes of the string itself; before,
 * they ended the string within the hole, which was an error. So text that is right in any version is read rightly with
 * such quotes in holes.
 */
export const F_STRINGS: ReadonlyMap<string, StringRule> = new Map(
  PYTHON.strings.map((rule) => [rule.open, { ...rule, ...FORMATTED }]),
);
export const TOML: Syntax = {
  ...HASH_LIKE,
  strings: [many('"""'), raw("'''"), line('"'), { ...raw("'"), lines: "one" }],
};
export const YAML: Syntax = { ...HASH_LIKE, strings: [], brackets: "", commentsNeedBlank: true };
export const HASH_ONLY: Syntax = { ...YAML };
export const RUBY: Syntax = {
  ...HASH_LIKE,
  blockComments: [["=begin", "=end"]],
  strings: [{ ...many('"'), ...hole("#{") }, many("'"), { ...many("`"), ...hole("#{") }],
  heredoc: "<<[~-]?[\"'`]?[A-Z_]\\w*[\"'`]?",
  features: ["regex", "percent-literals", "question-character"],
};
export const ELIXIR: Syntax = {
  ...HASH_LIKE,
  strings: [{ ...many('"""'), ...hole("#{") }, { ...many('"'), ...hole("#{") }, many("'''"), line("'")],
  quotePrefix: /^(?!)/,
  features: ["question-character", "sigils"],
};
export const SHELL: Syntax = {
  ...HASH_LIKE,
  commentsNeedBlank: true,
  strings: [{ ...raw("'"), open: "$'", escape: "backslash" }, raw("'"), { ...many('"'), ...hole("$(", ")") }],
  heredoc: "(?<!<)<<-?[ \\t]*[\"']?[A-Za-z_]\\w*[\"']?",
  features: ["shell-case", "backslash-character"],
};
export const R: Syntax = { ...HASH_LIKE, strings: [many('"'), many("'"), raw("`")] };
export const SQL: Syntax = {
  ...C_LIKE,
  lineComments: ["--"],
  // The second one is that of templates from which statements are made.
  blockComments: [BLOCK, ["{#", "#}"]],
  strings: [doubled("'"), doubled('"'), doubled("`")],
  features: ["dollar-quotes"],
};
export const LUA: Syntax = {
  ...C_LIKE,
  lineComments: ["--"],
  blockComments: [],
  features: ["lua-long"],
};
export const HASKELL: Syntax = {
  ...C_LIKE,
  lineComments: ["--"],
  blockComments: [["{-", "-}"]],
  nestedComments: true,
  strings: [line('"'), character],
  quotePrefix: /^(?!)/,
};
export const CLOJURE: Syntax = {
  ...C_LIKE,
  lineComments: [";"],
  blockComments: [],
  strings: [many('"')],
  features: ["backslash-character"],
};
/** Scheme, Common Lisp and the Lisp of Emacs; `#\(` and `?(` are characters. */
export const LISP: Syntax = {
  ...CLOJURE,
  blockComments: [["#|", "|#"]],
  nestedComments: true,
  features: ["backslash-character", "question-character"],
};
/** Text between tags, with apostrophes and with other languages inside: only its comments are known. */
export const MARKUP: Syntax = {
  lineComments: [],
  blockComments: [["<!--", "-->"]],
  strings: [],
  brackets: "",
  features: [],
};
