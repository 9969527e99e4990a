/** Decides whether a place is refused: whether nothing may be suggested there, whatever the model would say. */
import type { CompleteParams, SilenceReason } from "../protocol/completion.ts";

/**
 * The reason for silence, or undefined when the model may be asked. Somebody who asks by hand is refused only what is
 * impossible.
 *
 * @param restOfLine the text after the cursor on its line.
 */
export function refusalReason(params: CompleteParams, restOfLine: string): SilenceReason | undefined {
  if ((params.cursors ?? 1) > 1) {
    return "several-cursors";
  }
  if (params.trigger === "manual") {
    return undefined;
  }
  if (params.isSelecting) {
    return "selection";
  }
  return /^[\p{L}\p{N}_$]/u.test(restOfLine) ? "middle-of-word" : undefined;
}

/**
 * What the item selected in the suggest widget would add at the cursor: "" when there is no widget. Undefined when
 * ghost text cannot be combined with it, because the item replaces typed text or spans lines.
 *
 * @param prefix text before the cursor.
 * @param offset of the cursor in the document.
 */
export function widgetTextAt(item: CompleteParams["widgetItem"], prefix: string, offset: number): string | undefined {
  if (item === undefined) {
    return "";
  }
  const typed = offset - item.offset;
  const ends = typed >= 0 && typed <= prefix.length && item.length === typed;
  const agrees = ends && item.text.startsWith(prefix.slice(prefix.length - typed)) && !item.text.includes("\n");
  return agrees ? item.text.slice(typed) : undefined;
}
