/**
 * What a change of the document means for a suggestion. The editor reports neither that a part of one was accepted nor that
 * this was undone, but both can be seen in the change of the text.
 */
import type { TextChange } from "../protocol/documents.ts";

/** A suggestion with its offset in the document. */
export interface PlacedText {
  offset: number;
  text: string;
}

export type Edit =
  /** The suggestion, or more than the first character of it, was inserted at once where it was shown. */
  | { kind: "accepted"; text: string }
  /** The text that was accepted last has been removed again. */
  | { kind: "undone" }
  /** Text was removed; the offset is where it was. */
  | { kind: "deleted"; offset: number }
  /** Text was inserted; the offset is after it. */
  | { kind: "typed"; offset: number }
  /** Any other change, such as a replacement or changes in several places at once. */
  | { kind: "other" };

/**
 * Classifies an edit.
 *
 * @param changes the changes of the edit.
 * @param shown the suggestion on the screen.
 * @param accepted the suggestion that was accepted last.
 */
export function classifyEdit(
  changes: readonly TextChange[],
  shown: PlacedText | undefined,
  accepted: PlacedText | undefined,
): Edit {
  const [change] = changes;
  if (change === undefined || changes.length > 1) {
    return { kind: "other" };
  }
  const { offset, length } = change;
  const text = change.text.replaceAll("\r\n", "\n");
  if (accepted !== undefined && offset === accepted.offset && length > 0 && isLengthOf(length, accepted.text)) {
    return { kind: "undone" };
  }
  if (shown !== undefined && offset === shown.offset && text.length > 1 && shown.text.startsWith(text)) {
    return { kind: "accepted", text };
  }
  if (length > 0) {
    return text === "" ? { kind: "deleted", offset } : { kind: "other" };
  }
  return text === "" ? { kind: "other" } : { kind: "typed", offset: offset + change.text.length };
}

/** Whether a text takes this many characters in a document, whatever its line ends are. */
function isLengthOf(length: number, text: string): boolean {
  return length === text.length || length === text.length + text.split("\n").length - 1;
}
