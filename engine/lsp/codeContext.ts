/** The code that a command is about, as far as a language server knows it. Plain data in and out. */
import type { Range } from "vscode-languageserver/node";
import type { TextDocument } from "vscode-languageserver-textdocument";
import type { CodeContext } from "../protocol/tasks.ts";
import { linesOf } from "../text/lines.ts";

/** The widest step of indentation that is considered, in spaces. */
const WIDEST = 8;
const DEFAULT_INDENT = 4;

export function codeContext(document: TextDocument, { start, end }: Range, path: string): CodeContext {
  const isEmpty = start.line === end.line && start.character === end.character;
  // A selection that ends at the beginning of a line does not include that line.
  const last = end.character === 0 && end.line > start.line ? end.line - 1 : end.line;
  const text = document.getText();
  return {
    path,
    languageId: document.languageId,
    text,
    selection: { start: start.line, end: isEmpty ? start.line : last + 1 },
    // The language's own server knows the symbols, but only the client can ask it.
    symbols: [],
    indent: indentStep(linesOf(text)),
  };
}

/**
 * One step of indentation in spaces, or "tab": the one that most lines add which are indented further than the line
 * above.
 */
export function indentStep(lines: readonly string[]): number | "tab" {
  const votes = new Map<number | "tab", number>();
  let before = 0;
  for (const line of lines) {
    const white = /^[ \t]*/.exec(line)?.[0] ?? "";
    if (white.length === line.length) continue;
    if (white.includes("\t")) {
      votes.set("tab", (votes.get("tab") ?? 0) + 1);
      before = 0;
      continue;
    }
    const step = white.length - before;
    if (step > 1 && step <= WIDEST) votes.set(step, (votes.get(step) ?? 0) + 1);
    before = white.length;
  }
  const [most] = [...votes].sort(([, one], [, other]) => other - one);
  return most?.[0] ?? DEFAULT_INDENT;
}
