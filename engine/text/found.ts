/** What a scan collects besides the state at its end. */
import { partitionPoint } from "./partitionPoint.ts";
import type { Frame, Token } from "./scanState.ts";

export interface Found {
  readonly tokens: Token[];
  /** Every change of what is open, in the order of the offsets. */
  readonly changes: { offset: number; frame: Frame | undefined }[];
}

/** The frame of the last change up to an offset. Lines can be long, and callers ask for every token. */
export function frameAt(changes: Found["changes"], offset: number): Frame | undefined {
  return changes[partitionPoint(changes, (change) => change.offset <= offset) - 1]?.frame;
}
