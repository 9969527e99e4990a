/**
 * Which files are worth indexing: source text that people wrote. What programs made, data and minified bundles would
 * fill the index with text that nobody types again.
 */
import { languageOfPath, UNKNOWN } from "../text/languages.ts";

/** Why a file is not in the index. */
export type NotIndexed =
  | "ignored"
  | "excluded"
  | "no-language"
  | "too-large"
  | "generated"
  | "binary"
  | "minified"
  | "no-room"
  | "unreadable";

/** Bytes of the largest file: what is longer is nearly always made by a program. */
export const LARGEST_FILE = 256 * 1024;

const GENERATED_PATH =
  /(^|\/)(node_modules|bower_components|vendor|third_party|dist|build|out|target|__snapshots__|__pycache__|coverage)\/|\.min\.[a-z]+$|[-.](lock|generated|gen|pb)\.[a-z]+$|_pb2?(_grpc)?\.[a-z]+$|(^|\/)(package-lock\.json|pnpm-lock\.yaml|yarn\.lock|Cargo\.lock|go\.sum|poetry\.lock)$/i;
/** Written in the first lines of what programs make. */
const GENERATED_MARK = /@generated\b|\bdo not (?:edit|modify)\b|\bautomatically generated\b|\bauto-?generated\b/i;
const HEAD = 2000;
/** Data, though it has a language. */
const DATA_LANGUAGES = new Set([
  "json",
  "jsonc",
  "xml",
  "csv",
  "svg",
  "plaintext",
  "log",
  "markdown",
  "restructuredtext",
]);
/** Characters of the average line, and of the longest one, that people do not write. */
const LONG_AVERAGE = 160;
const LONG_LINE = 4000;

/** By the path alone, before the file is read. `bytes` is its size. */
export function whyPathNotIndexed(path: string, bytes: number): NotIndexed | undefined {
  const language = languageOfPath(path);
  if (language === UNKNOWN || language.isProse || DATA_LANGUAGES.has(language.ids[0] ?? "")) return "no-language";
  if (bytes > LARGEST_FILE) return "too-large";
  return GENERATED_PATH.test(path) ? "generated" : undefined;
}

/** By what the file holds. */
export function whyTextNotIndexed(text: string): NotIndexed | undefined {
  if (text.includes("\0")) return "binary";
  if (GENERATED_MARK.test(text.slice(0, HEAD))) return "generated";
  let lines = 0;
  for (let at = text.indexOf("\n"), last = -1; ; last = at, at = text.indexOf("\n", at + 1)) {
    lines++;
    const end = at === -1 ? text.length : at;
    if (end - last > LONG_LINE) return "minified";
    if (at === -1) break;
  }
  return text.length / lines > LONG_AVERAGE ? "minified" : undefined;
}
