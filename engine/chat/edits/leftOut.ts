/** Names that a part of a file declares and an answer for it does not have any more. */
import { languageOf } from "../../text/languages.ts";
import { indentOf } from "../../text/lines.ts";

/** What may come before the keyword of a declaration. Rust's `pub` may have a scope: `pub(crate)`. */
const MODIFIERS = String.raw`export|default|public|private|protected|internal|static|abstract|final|async|override|pub(?:\(\w+\))?|local|inline|open|sealed|data|virtual|unsafe|const`;
const KEYWORDS = String.raw`def|defp|class|function\*?|func|fn|fun|interface|struct|enum|trait|type|module|namespace|object|record|protocol|extension|sub|proc`;
/** The name is the first group that has matched. */
const PATTERNS = {
  /** `export async function name`, `pub(crate) fn name`, `func (receiver *T) name`, `module "name"`. */
  declaration: new RegExp(
    String.raw`^\s*(?:(?:${MODIFIERS})\s+)*(?:${KEYWORDS})\s+(?:\([^)]*\)\s*)?["']?([\p{L}_$][\p{L}\p{N}_$.:]*)`,
    "u",
  ),
  /** `  static int name(int a) {`: it has no keyword, so it counts only where it is indented and opens a block. */
  method: /^\s+(?:[\w<>[\],.?*&:]+\s+)*([\p{L}_$#][\p{L}\p{N}_$]*)\s*\([^;]*\)?[^;]*\{\s*$/u,
  /** `name: value`, `- "name": value`, `name = value`, `[name]`, `[[name]]`. */
  key: /^\s*(?:- )?["']?([\w.$/-]+)["']?\s*(?::(?:\s|$)|=(?!=))|^\s*\[{1,2}([^[\]]+)\]{1,2}\s*$/,
};
/** Words before a bracket and a block that are no names of methods: `if (a) {`. */
const STATEMENTS = new Set(
  "if for while switch catch function return do else match with using lock foreach synchronized unless".split(" "),
);
/** Families of languages whose files have keys and no declarations. */
const DATA = new Set(["json", "yaml", "toml", "ini"]);

/** The names that lines declare; in data, the keys. */
export function declared(lines: readonly string[], languageId: string): string[] {
  const { isProse, family } = languageOf(languageId);
  if (isProse) return [];
  return lines.flatMap((line) => {
    if (DATA.has(family)) {
      const [, key, table] = PATTERNS.key.exec(line) ?? [];
      return key ?? table ?? [];
    }
    const method = PATTERNS.method.exec(line)?.[1];
    const isMethod = method !== undefined && !STATEMENTS.has(method);
    return PATTERNS.declaration.exec(line)?.[1] ?? (isMethod ? method : []);
  });
}

/** An answer that has at least this share of a part's lines, 0..1, means the whole part, though some names have gone. */
const MOSTLY = 0.7;

/**
 * The names of a part that an answer lacks. There are none if the answer declares as many names as the part, or has most
 * of the part's lines; otherwise the answer is more likely about some of the names than about the whole part.
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
  const { isProse, family } = languageOf(languageId);
  const telling = lines.filter((line) => /\S/.test(line));
  if (isProse || DATA.has(family) || telling.length === 0 || declared(lines, languageId).length > 0) return false;
  const depth = Math.min(...telling.map((line) => indentOf(line).length));
  return depth > 0 || telling.some((line) => /^(?:return|yield|break|continue)\b/.test(line));
}
