/** Names that a part of a file declares and an answer for it does not have any more. */
import { languageOf } from "../../text/languages.ts";
import { indentOf } from "../../text/lines.ts";

const DECLARATION =
  /^\s*(?:(?:export|default|public|private|protected|internal|static|abstract|final|async|override|pub(?:\(\w+\))?|local|inline|open|sealed|data|virtual|unsafe|const)\s+)*(?:def|defp|class|function\*?|func|fn|fun|interface|struct|enum|trait|type|module|namespace|object|record|protocol|extension|sub|proc)\s+(?:\([^)]*\)\s*)?["']?([\p{L}_$][\p{L}\p{N}_$.:]*)/u;
const METHOD = /^\s+(?:[\w<>[\],.?*&:]+\s+)*([\p{L}_$#][\p{L}\p{N}_$]*)\s*\([^;]*\)?[^;]*\{\s*$/u;
const NO_METHOD =
  /^(?:if|for|while|switch|catch|function|return|do|else|match|with|using|lock|foreach|synchronized|unless)$/;
const KEY = /^\s*(?:- )?["']?([\w.$/-]+)["']?\s*(?::(?:\s|$)|=(?!=))|^\s*\[+([^\]]+)\]+\s*$/;
const DATA = /^(?:json|jsonc|json5|yaml|toml|ini|properties)$/;

/** Declarations with their depth: in data, keys. */
export function declared(lines: readonly string[], languageId: string): string[] {
  if (languageOf(languageId).isProse) return [];
  return lines.flatMap((line) => {
    const [, name, table] = (DATA.test(languageId) ? KEY : DECLARATION).exec(line) ?? [];
    const method = DATA.test(languageId) ? undefined : METHOD.exec(line)?.[1];
    const found = name ?? table ?? (method !== undefined && !NO_METHOD.test(method) ? method : undefined);
    return found === undefined ? [] : [found];
  });
}

/** So much of the text of a part is in an answer that gives it as a whole, though something has gone. */
const MOSTLY = 0.7;

/**
 * The names that an answer leaves out, where it has fewer than the part has and little of the rest of it: it is then more
 * likely about one of them than about the whole.
 */
export function leftOutNames(part: readonly string[], answer: readonly string[], languageId: string): string[] {
  const [own, written] = [declared(part, languageId), declared(answer, languageId)];
  if (written.length === 0 || written.length >= own.length) return [];
  const texts = new Set(answer.map((line) => line.trim()));
  const telling = part.filter((line) => /[\p{L}\p{N}]/u.test(line));
  if (telling.filter((line) => texts.has(line.trim())).length >= telling.length * MOSTLY) return [];
  const text = answer.join("\n");
  return own.filter((name) => !text.includes(name));
}

/** Whether lines can only be a part of a function: they are indented, or they return. */
export function isOfBody(lines: readonly string[], languageId: string): boolean {
  const { isProse } = languageOf(languageId);
  const telling = lines.filter((line) => /\S/.test(line));
  if (isProse || DATA.test(languageId) || telling.length === 0 || declared(lines, languageId).length > 0) return false;
  const depth = Math.min(...telling.map((line) => indentOf(line).length));
  return depth > 0 || telling.some((line) => /^(?:return|yield|break|continue)\b/.test(line));
}
