import { lineBefore } from "../../text/cursor.ts";
import { drop, type Filter, keep } from "./filter.ts";

/** How chat models begin when they talk about code in place of writing it. */
const TALK =
  /^\s*(here(?:'s| is| are)|sure[,!.]|certainly[,!.]|of course[,!.]|i'm sorry|i cannot|as an ai\b|this code\b)/i;
const FENCE = /^\s*(```|~~~)/;
const COMMENT_OR_STRING = /(\/\/|#|\/\*|^\s*\*|--|<!--|"|'|`)/;
/** Languages in which such sentences and fences are the text itself. */
const PROSE_LANGUAGES = new Set(["plaintext", "markdown", "latex", "restructuredtext", "asciidoc", "git-commit"]);

/** Refuses Markdown fences and the opening phrases of a chat answer, except where people write prose. */
export const prose: Filter = ({ text, replaceLength }, context) => {
  if (PROSE_LANGUAGES.has(context.languageId)) {
    return keep(text, replaceLength);
  }
  if (FENCE.test(text)) {
    return drop("prose");
  }
  return TALK.test(text) && !COMMENT_OR_STRING.test(lineBefore(context.prefix))
    ? drop("prose")
    : keep(text, replaceLength);
};
