/**
 * Reads what the function around the cursor declares to return from the line that opens the function. Where the header has
 * several lines, only the last one is read. Many headers declare no type, or cannot be read in this way.
 */
import { columnsOf } from "../text/indentation.ts";

export type DeclaredReturn =
  /** The type as it is written. For an asynchronous function, the type that its promise resolves to. */
  | { kind: "type"; type: string }
  /** The number of values. */
  | { kind: "count"; count: number };

interface Headers {
  /** A line that opens a block within a function, such as `if`. */
  control: RegExp;
  /** What a function's header declares; undefined if the line is no such header, or declares nothing. */
  read(header: string): DeclaredReturn | undefined;
}

const SCRIPT: Headers = {
  control: /^(?:\}\s*)?(?:else|try|finally|do|if|for|while|switch|catch|case|default)\b/,
  read(header) {
    const type = /\)\s*:\s*([^{}=]+?)\s*(?:=>\s*)?\{$/.exec(header)?.[1];
    if (type === undefined || /\bfunction\s*\*|^(?:async\s+)?\*/.test(header)) return undefined;
    // The last line of a header of several lines does not say whether the function is asynchronous.
    if (/^\)/.test(header) && /^Promise</.test(type)) return undefined;
    const awaited = /^Promise<(.*)>$/.exec(type)?.[1];
    return { kind: "type", type: /\basync\b/.test(header) ? (awaited ?? type) : type };
  },
};
const PYTHON: Headers = {
  control: /^(?:if|elif|else|for|while|try|except|finally|with|async\s+(?:for|with)|match|case)\b/,
  read(header) {
    const type = /\)\s*->\s*([^:]+):$/.exec(header)?.[1];
    return type === undefined ? undefined : { kind: "type", type: type.trim() };
  },
};
const GO: Headers = {
  control: /^(?:\}\s*)?(?:else|if|for|switch|select|case|default)\b(?!.*\bfunc\b)/,
  read(header) {
    const results = goResults(header);
    if (results === undefined) return undefined;
    const isList = results.startsWith("(");
    return { kind: "count", count: isList ? listLength(results.slice(1, -1)) : Number(results !== "") };
  },
};
/** A longer line is no header that anybody has written; patterns for headers take long on such lines. */
const LONGEST_HEADER = 1000;
const HEADERS: Readonly<Record<string, Headers>> = { javascript: SCRIPT, python: PYTHON, go: GO };

/** What is between the parameters of a Go function and its body. */
function goResults(header: string): string | undefined {
  const start = header.startsWith("func") ? 0 : header.lastIndexOf("func");
  if (start === -1 || !header.endsWith("{")) return undefined;
  const all = header.slice(start + "func".length, -1).trim();
  const behindFirst = all.startsWith("(") ? behindBracket(all, 0) : all;
  // A method's receiver is before its name; a function without a name has its parameters there.
  const name = /^\w+\s*(?:\[[^\]]*\]\s*)?\(/.exec(behindFirst ?? "")?.[0];
  if (behindFirst === undefined || name === undefined) return all === behindFirst ? undefined : behindFirst;
  return behindBracket(behindFirst, name.length - 1);
}

/** What follows the bracket that closes the one at an offset. */
function behindBracket(text: string, open: number): string | undefined {
  let depth = 0;
  for (let at = open; at < text.length; at++) {
    if (text[at] === "(") depth++;
    else if (text[at] === ")" && --depth === 0) return text.slice(at + 1).trim();
  }
  return undefined;
}

function listLength(list: string): number {
  let depth = 0;
  let length = 1;
  for (const character of list) {
    if ("([{".includes(character)) depth++;
    else if (")]}".includes(character)) depth--;
    else if (character === "," && depth === 0) length++;
  }
  return length;
}

/**
 * @param prefix text before the word `return`.
 * @param family of the language.
 */
export function declaredReturn(prefix: string, family: string): DeclaredReturn | undefined {
  const headers = HEADERS[family];
  if (headers === undefined) return undefined;
  const lines = prefix.split("\n");
  const own = lines.pop() ?? "";
  if (own.trim() !== "") lines.push(own);
  let depth = own.trim() === "" ? columnsOf(own) : Number.POSITIVE_INFINITY;
  for (let at = lines.length - 1; at >= 0; at--) {
    const line = lines[at] ?? "";
    if (line.trim() === "" || columnsOf(line) >= depth) continue;
    depth = columnsOf(line);
    const header = line.trim();
    if (header.length > LONGEST_HEADER) return undefined;
    if (!headers.control.test(header)) return headers.read(header);
  }
  return undefined;
}
