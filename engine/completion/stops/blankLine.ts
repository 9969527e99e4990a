import type { StopRule } from "./rule.ts";

/** A block ends at its first blank line. */
export const blankLine: StopRule = (text) => {
  const match = /^[^\S\n]*\S[^\n]*(\n[ \t]*\n)/m.exec(text);
  return match === null ? undefined : match.index + match[0].length - (match[1]?.length ?? 0);
};
