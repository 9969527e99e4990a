import type { StopRule } from "./rule.ts";

/** Fences and turn markers that a chat model writes out as text. */
const MARKUP = /(?:^|\n)[ \t]*(?:```|~~~)|<\|[a-z_]+\|>|<\/?(?:s|COMPLETION)>/;
/** Languages in which a fence is the text itself. */
const PROSE_LANGUAGES = new Set(["plaintext", "markdown", "latex", "restructuredtext", "asciidoc", "git-commit"]);

/** A text ends before the markup of a conversation. */
export const markup: StopRule = (text, context) => {
  const match = PROSE_LANGUAGES.has(context.languageId) ? null : MARKUP.exec(text);
  return match?.index;
};
