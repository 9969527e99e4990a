/** Finds the names that a file declares, line by line, in any common language. */

export interface DeclaredSymbol {
  name: string;
  /** Counted from 0. */
  line: number;
}

const MODIFIERS =
  '(?:(?:export|default|declare|public|private|protected|internal|static|abstract|final|async|sealed|open|data|suspend|override|virtual|inline|extern|unsafe|const|partial|readonly|pub(?:\\([^)]*\\))?|"C"|template\\s*<[^>]*>)\\s+)*';
const KEYWORD =
  "(?:function\\*?|def|defp|defmodule|class|fn|func|fun|struct|enum(?:\\s+class)?|union|interface|trait|type|module|namespace|mod|object|record|protocol|extension|sub|macro|macro_rules!|package|contract|annotation\\s+class)";
const BY_KEYWORD = new RegExp(`^\\s*${MODIFIERS}${KEYWORD}\\s+(?:\\([^)]*\\)\\s*)?(?:self\\.)?([\\w$.:]+[?!]?)`);
const IMPLEMENTATION = /^\s*(?:unsafe\s+)?impl\b(?:<[^>]*>)?\s+(?:[\w:<>,&' ]+\s+for\s+)?([\w:]+)/;
const VARIABLE =
  /^(?:export\s+)?(?:pub(?:\([^)]*\))?\s+)?(?:const|let|var|static|val)\s+(?:mut\s+)?([\w$]+)\s*(?::[^=]*)?=/;
const PYTHON_VARIABLE = /^([A-Z][A-Z\d_]{2,})\s*(?::[^=]*)?=(?!=)/;
const MACRO = /^\s*#\s*define\s+(\w+)/;
/** A name with parameters before an open block: "void Cart::add(int count) {", "async add(item: Item): void {". */
const FUNCTION =
  /^\s*(?:[\w$<>[\]:*&~?,.@"]+\s+)*?[*&]*(?:[\w$<>]+::)*([\w$#~]+)\s*(?:<[^>]*>)?\((?:[^;=]|=(?![=>]))*\)[^;=]*\{\s*$/;
/**
 * The same, with parameters that continue on the next lines; only outside of blocks, because inside a block every call
 * looks like this.
 */
const LONG_FUNCTION = /^(?:[\w$<>[\]:*&~]+\s+)+[*&]*(?:[\w$<>]+::)*([\w$~]+)\s*\([^;={]*[,(]\s*$/;
const NO_FUNCTION =
  /^\s*(?:(?:\}\s*)?(?:else|if|for|foreach|while|switch|catch|do|return|match|when|with|try|synchronized|using|lock|unless|until|new|throw|await|yield|case|assert|describe|it|test)\b|[@.])/;

/** @param lines without their ends. */
export function symbolsOf(lines: readonly string[]): DeclaredSymbol[] {
  const found: DeclaredSymbol[] = [];
  for (const [line, text] of lines.entries()) {
    if (text.length > 300) continue;
    const name = nameDeclared(text);
    if (name !== undefined) found.push({ name, line });
  }
  return found;
}

/** The name that a line declares; undefined for most lines. */
export function nameDeclared(line: string): string | undefined {
  if (/^\s*(?:\/\/|\*|#(?!\s*define)|--|$)/.test(line)) return undefined;
  const [, named] = BY_KEYWORD.exec(line) ?? IMPLEMENTATION.exec(line) ?? VARIABLE.exec(line) ?? [];
  const [, other] = named !== undefined ? [] : (PYTHON_VARIABLE.exec(line) ?? MACRO.exec(line) ?? []);
  const simple = named ?? other;
  if (simple !== undefined) return lastPart(simple);
  if (NO_FUNCTION.test(line) || !line.includes("(")) return undefined;
  const [, called] = FUNCTION.exec(line) ?? LONG_FUNCTION.exec(line) ?? [];
  return called;
}

/** The last part of a name: "add" for "Cart::add" and "Cart.add". */
function lastPart(name: string): string | undefined {
  const part = name.split(/[.:]+/).findLast((each) => each !== "");
  return part === undefined || /^(?:=|if|for)$/.test(part) ? undefined : part;
}
