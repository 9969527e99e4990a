import { kindAtCursor } from "../../text/codeState.ts";
import { languageOf } from "../../text/languages.ts";
import { drop, type Filter, keep } from "./filter.ts";

/** How chat models begin when they talk about code instead of writing it. */
const TALK =
  /^\s*(here(?:'s| is| are)\b|sure[,!.] |certainly[,!.] |of course[,!.] |i'm sorry|i cannot\b|as an ai\b|this code\b)/i;
const FENCE = /^\s*(```|~~~)/;

/** Drops Markdown fences and the opening phrases of a chat answer, except in prose, comments and strings. */
export const prose: Filter = ({ text, replaceLength }, context) => {
  const isTalk = FENCE.test(text) || TALK.test(text);
  const { isProse, syntax } = languageOf(context.languageId);
  if (!isTalk || isProse) return keep(text, replaceLength);
  // Markup, and languages that are not known, contain sentences outside strings, too.
  if (!FENCE.test(text) && (syntax === undefined || syntax.brackets === "")) return keep(text, replaceLength);
  return kindAtCursor(context) === "code" ? drop("prose") : keep(text, replaceLength);
};
