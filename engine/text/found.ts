/** What a scan collects besides the state at its end. */
import type { Frame, Token } from "./scanState.ts";

export interface Found {
  readonly tokens: Token[];
  /** Every change of what is open, in the order of the offsets. */
  readonly changes: { offset: number; frame: Frame | undefined }[];
}

/** The frame of the last change up to an offset. Lines can be long, and callers ask for every token. */
export function frameAt(changes: Found["changes"], offset: number): Frame | undefined {
  let [from, to] = [0, changes.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if ((changes[middle]?.offset ?? 0) <= offset) from = middle + 1;
    else to = middle;
  }
  return changes[from - 1]?.frame;
}
