import { lineBefore } from "../../text/cursor.ts";
import { isRowOfValues, loopLength } from "../lineLoops.ts";
import type { StopRule } from "./rule.ts";

/** A line that is repeated this often is a loop. */
const LINES = 3;

/** A text ends when it repeats itself, within a line or line by line. The filters decide how much of it is shown. */
export const repetition: StopRule = (text, context) => {
  const lines = text.split("\n");
  const last = lines.at(-1) ?? "";
  const line = lines.length === 1 ? lineBefore(context.prefix) + last : last;
  if (loopLength(line, last.length) > 0) {
    return text.length;
  }
  const whole = lines.slice(0, -1).map((one) => one.trim());
  const latest = whole.at(-1);
  if (latest === undefined || latest.length < 4 || whole.length < LINES || isRowOfValues(latest)) {
    return undefined;
  }
  const isLoop = whole.slice(-LINES).every((one) => one === latest);
  return isLoop ? lines.slice(0, whole.length - LINES + 1).join("\n").length : undefined;
};
