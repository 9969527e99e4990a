/** Takes the unchanged text at both ends off a change. Words are kept whole, so that people can read the result. */
import type { TextChange } from "../protocol/documents.ts";
import { tokenize } from "./tokens.ts";

/** @param oldText the text that `change` replaces. */
export function smallestChange(change: TextChange, oldText: string): TextChange {
  const before = tokenize(oldText);
  const after = tokenize(change.text);
  const shorter = Math.min(before.length, after.length);
  let first = 0;
  while (first < shorter && before[first] === after[first]) first++;
  let last = 0;
  while (last < shorter - first && before[before.length - 1 - last] === after[after.length - 1 - last]) last++;
  const start = before.slice(0, first).join("").length;
  const removed = before.slice(first, before.length - last).join("");
  return {
    offset: change.offset + start,
    length: removed.length,
    text: after.slice(first, after.length - last).join(""),
  };
}
