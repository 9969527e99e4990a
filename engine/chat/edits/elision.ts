/** Lines of an answer that stand for code which the model did not write out. */
import { languageOf, UNKNOWN } from "../../text/languages.ts";
import { indentOf, isBlank } from "../../text/lines.ts";
import type { Surroundings } from "./place.ts";

/** How a comment begins, in any language. */
const MARK = String.raw`(?://+|#+|--+|/\*+|<!--|\*|;+|%+|\{/\*)`;
/** How a comment ends in languages where it has an end. */
const COMMENT_END = String.raw`(?:\*/\}?|-->)?\s*$`;
/** `...`, `…`, `[...]`, `<...>` */
const DOTS = String.raw`(?:\.\.\.|…|\[(?:\.\.\.|…)\]|<(?:\.\.\.|…)>)`;
/** What may follow dots: `rest of the code`, `(the remaining methods)`. */
const WHAT_IS_LEFT = String.raw`\(?(?:(?:the|your|all)\s+)?(?:rest|remaining|existing|other|same|previous|unchanged|omitted|more)\b.*`;

/** What a whole comment may say in the place of code, with an example of each. */
export const PHRASES: readonly (readonly [example: string, phrase: string])[] = [
  [
    "keep the rest of the class ...",
    String.raw`(?:the |all |your |keep |leave )*(?:rest|remaining|existing|other|others|same|previous|remainder|more)\b[^.…]*${DOTS}`,
  ],
  [
    "everything else stays the same",
    "(?:(?:the|your|all|everything|is|are|code|rest|body|else|other|lines|parts?) )*(?:unchanged|unmodified|(?:stays?|remains?|kept?|left) (?:the same|as (?:it )?(?:is|are|was|before)|unchanged))",
  ],
  [
    "keep all other methods",
    String.raw`(?:keep|leave) (?:the |all |your )*(?:rest|remaining|existing|other|others|everything else)\b.*`,
  ],
  [
    "same as before",
    String.raw`(?:same|everything else|rest|the rest) (?:is |are )?(?:as|like|the same as) (?:before|above|is|in the original)\b.*`,
  ],
  [
    "your logic goes here",
    "(?:(?:the|your|actual|existing|original) )*(?:code|logic|implementation|body|content)(?: goes| go)? here",
  ],
  [
    "existing code",
    "(?:the )?(?:existing|original|previous) (?:code|logic|implementation|body|content|lines|methods?|functions?)",
  ],
  [
    "implementation omitted for brevity",
    String.raw`(?:code|implementation|body|lines|content)s? (?:is |are )?(?:omitted|skipped|truncated|unchanged|snipped)\b.*`,
  ],
  ["snip", "(?:omitted|snip|snipped|truncated)(?: for brevity)?"],
  ["no further changes needed", "no(?: further| other)? changes?(?: (?:needed|required|necessary|here))?"],
  ["nothing needs to be changed", "nothing (?:to|needs to be) changed?"],
];

/** Lines that stand for code which the model did not write out. */
const PLACEHOLDERS: readonly RegExp[] = [
  // `...`, `// ...`, `# ... rest of the code`: dots alone or in a comment, perhaps followed by words.
  String.raw`^\s*${MARK}?\s*${DOTS}\s*(?:${WHAT_IS_LEFT})?${COMMENT_END}`,
  // `// The remaining methods of the class are as before`: such words, and then what they are about.
  String.raw`^\s*${MARK}\s*${DOTS}?\s*\(?(?:the )?(?:rest of|remaining|existing|other|previous|unchanged|same)\b.*\b(?:code|function|method|class|implementation|unchanged|same|remains|here|before|file)\b`,
  // `// (no changes)`: one of the phrases is the whole comment.
  String.raw`^\s*${MARK}\s*[(\[<]?\s*(?:${PHRASES.map(([, phrase]) => phrase).join("|")})\s*[.…!)\]>]*\s*${COMMENT_END}`,
].map((source) => new RegExp(source, "i"));
/** What begins with dots and is code: `...rest,`, `...(isOpen ? [] : all)`. A sentence has blanks between its words. */
const SPREAD =
  /^\s*\.\.\.(?:[\p{L}_$][\p{L}\p{N}_$]*(?:\s*[,;)\]}?.([&|]|\s*$|\s+as\b)|[([{].*(?:&&|\|\||[?{}[\]"'`.=]|\w\())/u;
/** Languages in which dots alone are a parameter or part of a pattern, with the bracket that closes it. */
const PARAMETER: Readonly<Record<string, RegExp>> = {
  nix: /^\s*\}/,
  lua: /^\s*\)/,
  r: /^\s*\)/,
  c: /^\s*\)/,
  cpp: /^\s*\)/,
  "objective-c": /^\s*\)/,
};

/**
 * Whether lines of the original are missing at places where the answer has dots or a remark instead.
 *
 * @param around lines of the file above and below the place.
 */
export function leavesOut(
  lines: readonly string[],
  original: readonly string[],
  languageId: string,
  { before, after }: Surroundings = { before: [], after: [] },
): boolean {
  const { isProse } = languageOf(languageId);
  // In a file of no known language dots may be what it is made of.
  const file = languageOf(languageId) === UNKNOWN ? [...before, ...after] : [];
  const known = new Set([...original, ...file].map((line) => line.trim()));
  const placeholders = lines.flatMap((line, index) => (isPlaceholder(line) && !known.has(line.trim()) ? [index] : []));
  if (placeholders.length === 0) {
    return false;
  }
  const written = new Set(lines.map((line) => line.trim()));
  const missing = original.filter((line) => !isBlank(line) && !written.has(line.trim()));
  if (isProse) {
    // Text about code is full of dots, so only a text that has become much shorter counts as one with omissions.
    return missing.length * 2 > original.filter((line) => !isBlank(line)).length && lines.length * 2 < original.length;
  }
  const isCode = (at: number) =>
    isParameter([...lines, ...after], at, languageId) || isNewBody(lines, at, original, languageId);
  return missing.length > 0 && !placeholders.every(isCode);
}

function isPlaceholder(line: string): boolean {
  return PLACEHOLDERS.some((pattern) => pattern.test(line)) && !SPREAD.test(line);
}

/** Whether dots are the last of several parameters, or of the names in a pattern. */
function isParameter(lines: readonly string[], at: number, languageId: string): boolean {
  const closing = PARAMETER[languageId];
  const above = lines.slice(0, at).findLast((line) => !isBlank(line)) ?? "";
  const below = lines.slice(at + 1).find((line) => !isBlank(line)) ?? "";
  return closing !== undefined && lines[at]?.trim() === "..." && /[,({]\s*$/.test(above) && closing.test(below);
}

/**
 * In Python, dots are a statement: they can be the whole body of something that is declared here for the first time, or of one
 * more form of it.
 */
function isNewBody(lines: readonly string[], at: number, original: readonly string[], languageId: string): boolean {
  if (languageId !== "python" || lines[at]?.trim() !== "...") {
    return false;
  }
  const declared = lines.slice(0, at).findLastIndex((line) => DECLARATION.test(line));
  const name = DECLARATION.exec(lines[declared] ?? "")?.[1];
  if (OVERLOAD.test(lines[declared - 1] ?? "")) return true;
  const next = lines.slice(at + 1).find((line) => !isBlank(line));
  return (
    /:\s*(#.*)?$/.test(lines[at - 1] ?? "") &&
    (next === undefined || indentOf(next).length < indentOf(lines[at] ?? "").length) &&
    !original.some((line, index) => {
      const hasBody = !/^\s*(?:pass|\.\.\.|raise NotImplementedError.*)\s*(?:#.*)?$/.test(original[index + 1] ?? "");
      return name !== undefined && DECLARATION.exec(line)?.[1] === name && hasBody;
    })
  );
}

const OVERLOAD = /^\s*@(?:\w+\.)?overload\b/;
const DECLARATION = /^\s*(?:async\s+)?(?:def|class)\s+(\w+)/;
