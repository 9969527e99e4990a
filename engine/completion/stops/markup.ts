import { scanAtCursor } from "../../text/codeState.ts";
import { lineBefore } from "../../text/cursor.ts";
import { languageOf } from "../../text/languages.ts";
import { MARKUP as ELEMENTS } from "../../text/syntaxes.ts";
import type { StopRule } from "./rule.ts";

/** Fences and turn markers that a chat model writes as text. */
const MARKUP = /(?:^|\n)[ \t]*(?:```|~~~)|<\|[a-z_]+\|>|<\/?COMPLETION>|<\/s>/g;
/** Languages of code in which `</s>` is an element, as it is in all markup. */
const HAS_ELEMENTS = new Set(["javascriptreact", "typescriptreact", "php"]);

function hasElements(languageId: string): boolean {
  return HAS_ELEMENTS.has(languageId) || languageOf(languageId).syntax === ELEMENTS;
}

/** A text ends before the markup of a conversation. In prose, comments and strings such marks are part of the text. */
export const markup: StopRule = (text, context) => {
  if (languageOf(context.languageId).isProse) return undefined;
  const matches = [...text.matchAll(MARKUP)];
  if (matches.length === 0) return undefined;
  const { frameAt } = scanAtCursor(context, text);
  const cursor = lineBefore(context.prefix).length;
  return matches.find(({ index, 0: mark }) => {
    const frame = frameAt(cursor + index);
    const isCode = frame?.kind !== "comment" && frame?.kind !== "string";
    return isCode && !(mark === "</s>" && hasElements(context.languageId));
  })?.index;
};
