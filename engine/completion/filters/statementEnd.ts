import { scanAtCursor } from "../../text/codeState.ts";
import { lineBefore } from "../../text/cursor.ts";
import { languageOf } from "../../text/languages.ts";
import { drop, type Filter, keep } from "./filter.ts";

/** For families of languages in which a semicolon ends a statement: the keywords that have semicolons in their brackets. */
const KEYWORDS: Readonly<Record<string, RegExp>> = {
  javascript: /\bfor(?:\s+await)?\s*$/,
  java: /\b(?:for|try)\s*$/,
  csharp: /\bfor\s*$/,
  php: /\bfor\s*$/,
  dart: /\bfor\s*$/,
};

/**
 * Ends the text before a semicolon inside round or square brackets: `if (q|)` is not completed with `uantity < 0.07;`.
 */
export const statementEnd: Filter = ({ text, replaceLength }, context) => {
  const keyword = KEYWORDS[languageOf(context.languageId).family];
  if (keyword === undefined || !text.includes(";")) return keep(text, replaceLength);
  const line = lineBefore(context.prefix);
  const { tokens, frameAt } = scanAtCursor(context, text);
  const written = line + text;
  const end = tokens.find(({ kind, start }) => {
    if (kind !== "operator" || start < line.length || written[start] !== ";") return false;
    const frame = frameAt(start);
    if (frame?.kind !== "bracket" || frame.close === "}") return false;
    const open = tokens.findLast(
      (token) => token.kind === "open" && token.end <= start && frameAt(token.end) === frame,
    );
    // Brackets that are open since an earlier line are not considered.
    return open !== undefined && !keyword.test(written.slice(0, open.start));
  });
  if (end === undefined) return keep(text, replaceLength);
  const kept = text.slice(0, end.start - line.length).trimEnd();
  return kept.trim() === "" ? drop("unbalanced") : keep(kept, replaceLength);
};
