import { lineBefore } from "../../text/cursor.ts";
import type { StopRule } from "./rule.ts";

/** Lines this short ("}", "else") may well follow each other. */
const SHORTEST = 4;

/** A text ends before the line that stands below the cursor already. */
export const lineBelow: StopRule = (text, context) => {
  const below = context.below?.split("\n").find((line) => line.trim() !== "");
  const wanted = below?.trim() ?? "";
  if (wanted.length < SHORTEST) {
    return undefined;
  }
  let length = 0;
  for (const [index, line] of text.split("\n").entries()) {
    const whole = index === 0 ? lineBefore(context.prefix) + line : line;
    if (whole.trim() === wanted) {
      return Math.max(0, length - 1);
    }
    length += line.length + 1;
  }
  return undefined;
};
