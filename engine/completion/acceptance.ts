/**
 * What a change of the document says about a suggestion. The editor tells of no partial acceptance and of no undo:
 * both show in the text.
 */
import type { TextChange } from "../protocol/documents.ts";

/** A suggestion in the document's own offsets. */
export interface PlacedText {
  offset: number;
  text: string;
}

export type Edit =
  /** The suggestion, or a beginning of it longer than a keystroke, was inserted where it was shown. */
  | { kind: "accepted"; text: string }
  /** What was accepted last has been taken out again. */
  | { kind: "undone" }
  /** Text was taken out; the offset is where it had been. */
  | { kind: "deleted"; offset: number }
  /** Text was inserted; the offset is after it. */
  | { kind: "typed"; offset: number }
  /** Anything else: several places at once, a replacement. */
  | { kind: "other" };

/**
 * @param changes of one edit.
 * @param shown the suggestion on the screen.
 * @param accepted the last one that was accepted.
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

/** Whether a text takes so many characters in a document, whatever line ends that has. */
function isLengthOf(length: number, text: string): boolean {
  return length === text.length || length === text.length + text.split("\n").length - 1;
}
