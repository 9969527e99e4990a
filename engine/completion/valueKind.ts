/** Tells what kind of value an expression or a declared type is, from its text alone and without a type checker. */
import { languageOf } from "../text/languages.ts";
import { scan } from "../text/scanner.ts";

export type ValueKind = "boolean" | "number" | "string" | "array" | "nothing";

const TYPES: readonly [RegExp, ValueKind][] = [
  [/^(?:boolean|bool)$/, "boolean"],
  [/^(?:number|int|float)$/, "number"],
  [/^(?:string|str)$/, "string"],
  [/^(?:(?:readonly\s+)?[\w.<>]+\[\]|(?:Readonly)?Array<.*>|[Ll]ist(?:\[.*\])?)$/, "array"],
  [/^void$/, "nothing"],
];

/** The kind of a declared type; undefined for a type with a name of its own, and for a union. */
export function kindOfType(type: string): ValueKind | undefined {
  return TYPES.find(([pattern]) => pattern.test(type.trim()))?.[1];
}

/**
 * Patterns for a shortened form of an expression: each string is S, each number is N, and brackets are empty. All else is
 * as it was written.
 */
const VALUES: readonly [RegExp, ValueKind][] = [
  [/^S$/, "string"],
  [/^-?N$/, "number"],
  [/^(?:true|false|True|False)$/, "boolean"],
  [/^\[\]$/, "array"],
  [/^(?:!|not )(?!.*(?:\?|\|\||&&| or | and )).*$/, "boolean"],
  [/^[^?|&=<>]*(?:===?|!==?|<=|>=| < | > )[^?|&=<>]*$/, "boolean"],
  [/^[^?|&=<>+S]* [-/] [^?|&=<>+S]*$/, "number"],
  [/^[\w.()[\]?]*\.length$/, "number"],
  [/^(?:Math\.\w+|Number|parseInt|parseFloat|len|int|float)\(\)$/, "number"],
  [/^(?:String|str|repr)\(\)$/, "string"],
  [/^(?:Boolean|bool|isinstance|all|any)\(\)$/, "boolean"],
  [/^[\w.()[\]S]*\.(?:toString|toFixed|join|trim|toUpperCase|toLowerCase|padStart|strip|upper|lower)\(\)$/, "string"],
  [/^[\w.()[\]S]*\.(?:includes|startsWith|endsWith|some|every|startswith|endswith)\(\)$/, "boolean"],
  [/^[\w.()[\]S]*\.(?:indexOf|findIndex|charCodeAt)\(\)$/, "number"],
  [/^(?:sorted|list)\(\)$/, "array"],
];

/** A product or remainder. In Python strings and lists have these operators as well (`"-" * 3`, `"%d" % n`). */
const PRODUCT = /^[^?|&=<>+S]* [*%] [^?|&=<>+S]*$/;
/** The value is one of several, of which the kind may differ. */
const CHOICE = / (?:if|and|or) /;

/** The kind of an expression on one line; undefined if its text does not show it. */
export function kindOfValue(expression: string, languageId: string): ValueKind | undefined {
  const skeleton = skeletonOf(expression, languageId);
  if (skeleton === undefined || CHOICE.test(skeleton)) return undefined;
  if (PRODUCT.test(skeleton)) return languageOf(languageId).family === "python" ? undefined : "number";
  return VALUES.find(([pattern]) => pattern.test(skeleton))?.[1];
}

/** The shortened form of an expression, as for {@link VALUES}; undefined if a bracket or a string is not closed. */
export function skeletonOf(expression: string, languageId: string): string | undefined {
  const { tokens, state } = scan(expression, languageId);
  if (state.frame !== undefined || state.misfits > 0) return undefined;
  let skeleton = "";
  let depth = 0;
  let end = 0;
  for (const token of tokens) {
    const text = expression.slice(token.start, token.end);
    if (token.kind === "close") depth--;
    if (depth === 0) {
      const isApart = token.start > end && skeleton !== "";
      const written = token.kind === "string" ? "S" : token.kind === "number" ? "N" : text;
      if (token.kind !== "comment" && !(written === "S" && skeleton.endsWith("S"))) {
        skeleton += (isApart ? " " : "") + written;
      }
    }
    if (token.kind === "open") depth++;
    end = token.end;
  }
  // A string with holes is given in pieces, with the brackets of the holes between.
  return skeleton.trim().replace(/S(?:S|\{\}|\(\))+/g, "S");
}
