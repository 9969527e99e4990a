/**
 * Names that a suggestion has from another file. What open files say is mixed into suggestions; in languages where a file
 * imports what it uses, a name that only another file knows is out of scope here.
 */
import { scanAtCursor } from "../text/codeState.ts";
import { type CursorContext, lineBefore } from "../text/cursor.ts";
import { languageOf } from "../text/languages.ts";
import type { Token } from "../text/scanner.ts";

/** Families of languages in which a file imports by name whatever it uses of others. */
const IMPORTING = new Set(["javascript", "python"]);
/** Shorter names say too little. */
const SHORTEST_NAME = 3;
const DECLARING = /^(?:const|let|var|function|class|def|import|as|for|type|interface|enum|lambda|catch|async)$/;
/** Known in every file: words of the languages, and what their libraries put into every scope. */
const KNOWN = new Set(
  (
    "abstract any async await boolean break case catch class const constructor continue debugger declare default delete " +
    "else enum export extends false finally for from function get implements import infer instanceof interface keyof let " +
    "module namespace never new null number object of override private protected public readonly return satisfies set " +
    "static string super switch symbol this throw true try type typeof undefined unique unknown var void while with yield " +
    "and assert def del elif except global lambda nonlocal not pass raise None True False self cls print len range int " +
    "str float bool bytes list dict tuple set frozenset isinstance issubclass super open input zip map filter sorted " +
    "reversed enumerate sum min max abs round any all iter next getattr setattr hasattr delattr callable property " +
    "staticmethod classmethod repr hash type vars dir format Exception ValueError TypeError KeyError IndexError " +
    "RuntimeError AttributeError NotImplementedError StopIteration OSError FileNotFoundError ImportError AssertionError " +
    "console process require module exports globalThis window document navigator location history fetch Math JSON Date " +
    "Promise Array Object String Number Boolean Symbol BigInt Map Set WeakMap WeakSet Error RangeError SyntaxError " +
    "ReferenceError RegExp Proxy Reflect Intl URL URLSearchParams Buffer AbortController AbortSignal Event EventTarget " +
    "Response Request Headers FormData Blob File Uint8Array Uint16Array Uint32Array Int8Array Int32Array Float32Array " +
    "Float64Array ArrayBuffer DataView TextEncoder TextDecoder setTimeout clearTimeout setInterval clearInterval " +
    "setImmediate queueMicrotask structuredClone requestAnimationFrame isNaN isFinite parseInt parseFloat " +
    "encodeURIComponent decodeURIComponent Infinity NaN Partial Required Readonly Record Pick Omit Exclude Extract " +
    "NonNullable Parameters ReturnType Awaited InstanceType Iterable Iterator Generator AsyncIterable HTMLElement Element " +
    "Node describe test expect beforeEach afterEach beforeAll afterAll"
  ).split(" "),
);

/**
 * Length of the beginning of a text that names nothing which other files alone know.
 *
 * @param others texts of other files, from which the text may be copied.
 */
export function lengthInScope(text: string, context: CursorContext, others: () => readonly string[]): number {
  if (!IMPORTING.has(languageOf(context.languageId).family)) return text.length;
  const line = lineBefore(context.prefix);
  // Imports and headers bring names into the scope.
  if (/^\s*(?:async\s+)?(?:import|from|export|def|function|class|interface|type)\b/.test(line + text)) {
    return text.length;
  }
  const { tokens } = scanAtCursor(context, text);
  const written = line + text;
  const own = new Set<string>();
  let texts: readonly string[] | undefined;
  for (const [index, token] of tokens.entries()) {
    if (token.kind !== "word" || token.end <= line.length) continue;
    const name = written.slice(token.start, token.end);
    if (isDeclared(tokens, index, written)) own.add(name);
    // Tags and the text between them.
    if (/[<>/-]\s*$/.test(written.slice(0, token.start)) || /^-/.test(written.slice(token.end))) continue;
    if (!isUse(tokens, index, written) || own.has(name) || KNOWN.has(name) || name.length < SHORTEST_NAME) continue;
    if (token.end === written.length) break;
    if (isIn(name, context.prefix) || isIn(name, context.restOfLine) || isIn(name, context.below ?? "")) continue;
    texts ??= others();
    if (texts.some((other) => isIn(name, other))) return Math.max(0, token.start - line.length);
  }
  return text.length;
}

/** Whether a name is declared at this token. */
function isDeclared(tokens: readonly Token[], index: number, text: string): boolean {
  const before = tokens[index - 1];
  const behind = tokens[index + 1];
  const isAssigned = behind?.kind === "operator" && text[behind.start] === "=" && text[behind.end] !== "=";
  return isAssigned || (before?.kind === "word" && DECLARING.test(text.slice(before.start, before.end)));
}

/** Whether a word names something of the scope: no member, no key, no argument's name. */
function isUse(tokens: readonly Token[], index: number, text: string): boolean {
  const before = tokens[index - 1];
  const behind = tokens[index + 1];
  const sign = (token: Token | undefined) => (token?.kind === "operator" ? text.slice(token.start, token.end) : "");
  return sign(before) !== "." && ![":", "="].includes(sign(behind));
}

function isIn(name: string, text: string): boolean {
  for (let at = text.indexOf(name); at !== -1; at = text.indexOf(name, at + 1)) {
    if (!isLetter(text[at - 1]) && !isLetter(text[at + name.length])) return true;
  }
  return false;
}

function isLetter(character: string | undefined): boolean {
  return character !== undefined && /[\p{L}\p{N}_$]/u.test(character);
}
