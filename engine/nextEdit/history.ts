/**
 * Remembers the edits of the last minutes. Keystrokes at one place make a single edit, and an edit that is undone is
 * forgotten.
 */
import type { TextChange } from "../protocol/documents.ts";
import { copySlice } from "../text/copySlice.ts";
import { lineAt, lineEnd, lineStart, withoutReturn } from "../text/lines.ts";
import type { Edit } from "./changes.ts";

/**
 * Whole lines that were edited: the offsets that they have now, and the text that was there before. All texts in it are
 * copies, so that it does not keep a version of the document in memory.
 */
interface Region {
  uri: string;
  start: number;
  end: number;
  old: string;
  /** The time of the last change, in milliseconds. */
  at: number;
  /** The edit that was last derived from it, with the text and the offset that the lines had then. */
  derived?: { text: string; start: number; edit: Edit };
}

/** At most this many edits are remembered; below, for this many milliseconds. */
const MOST_EDITS = 40;
const LONGEST_MS = 15 * 60_000;
/** A change that replaces more than this many characters at once is a checkout or a formatter, and no example. */
const LARGEST = 20_000;

export class EditHistory {
  /** In order of their last change, the latest last. */
  #regions: Region[] = [];

  /**
   * Records a change.
   *
   * @param text of the document before the change.
   * @param now in milliseconds, of any clock that never goes back.
   */
  change(uri: string, text: string, change: TextChange, now: number): void {
    if (change.length > LARGEST || change.text.length > LARGEST) {
      this.forget(uri);
      return;
    }
    const growth = change.text.length - change.length;
    const changeEnd = change.offset + change.length;
    let start = lineStart(text, change.offset);
    let end = lineEnd(text, changeEnd);
    const touched = this.#regions
      .filter((region) => region.uri === uri && region.start <= end + 1 && region.end >= start - 1)
      .filter((region) => this.#isContinued(region, start, end))
      .sort((one, other) => one.start - other.start);
    start = Math.min(start, touched[0]?.start ?? start);
    end = Math.max(end, ...touched.map((region) => region.end));
    let old = "";
    let at = start;
    for (const region of touched) {
      old += text.slice(at, region.start) + region.old;
      at = region.end;
    }
    old += text.slice(at, end);
    this.#regions = this.#regions.filter((region) => !touched.includes(region) && now - region.at < LONGEST_MS);
    for (const region of this.#regions) {
      if (region.uri !== uri || region.start < end) continue;
      region.start += growth;
      region.end += growth;
    }
    const after = text.slice(start, change.offset) + change.text + text.slice(changeEnd, end);
    if (after !== old) this.#regions.push({ uri, start, end: end + growth, old: copySlice(old), at: now });
    if (this.#regions.length > MOST_EDITS) this.#regions.shift();
  }

  /** Forgets the edits of a document, because its text was replaced, or the document was closed. */
  forget(uri: string): void {
    this.#regions = this.#regions.filter((region) => region.uri !== uri);
  }

  /**
   * The edits, the latest last.
   *
   * @param textOf returns the present text of a document; undefined for one that is gone.
   */
  edits(textOf: (uri: string) => string | undefined): Edit[] {
    const edits: Edit[] = [];
    for (const region of this.#regions) {
      const text = textOf(region.uri);
      if (text === undefined) continue;
      const known = region.derived;
      const after = text.slice(region.start, region.end);
      if (known !== undefined && known.text === after) {
        known.edit.start += region.start - known.start;
        known.start = region.start;
        edits.push(known.edit);
        continue;
      }
      const edit = editOf(region, text);
      region.derived = { text: copySlice(after), start: region.start, edit };
      edits.push(edit);
    }
    return edits;
  }

  /**
   * Whether a change belongs to an edit: one on the same lines does; one on the next line only if the edit is the
   * latest.
   */
  #isContinued(region: Region, start: number, end: number): boolean {
    const overlaps = region.start <= end && region.end >= start;
    return overlaps || region === this.#regions.at(-1);
  }
}

/** The edit without unchanged lines at both ends. */
function editOf({ uri, start, end, old }: Region, text: string): Edit {
  const before = old.split("\n").map(withoutReturn);
  const after = copySlice(text.slice(start, end)).split("\n");
  let first = 0;
  const shorter = Math.min(before.length, after.length);
  while (first < shorter && before[first] === withoutReturn(after[first]!)) first++;
  let last = 0;
  while (
    last < shorter - first &&
    before[before.length - 1 - last] === withoutReturn(after[after.length - 1 - last]!)
  ) {
    last++;
  }
  const editStart = after.slice(0, first).reduce((sum, line) => sum + line.length + 1, start);
  const above = after[first - 1] ?? (start === 0 ? undefined : lineAt(text, start - 1));
  const below = last > 0 ? after[after.length - last] : end === text.length ? undefined : lineAt(text, end + 1);
  return {
    uri,
    start: editStart,
    before: before.slice(first, before.length - last),
    after: after.slice(first, after.length - last).map(withoutReturn),
    above: above === undefined ? undefined : copySlice(withoutReturn(above)),
    below: below === undefined ? undefined : copySlice(withoutReturn(below)),
  };
}
