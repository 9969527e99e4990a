import { isClosers } from "../../text/closers.ts";
import { joinSuffix } from "../suffixJoin.ts";
import type { StopRule } from "./rule.ts";

/** A shorter rest of the line may well occur again inside the text. */
const SHORTEST = 6;

/** A text ends where it continues with the rest of the cursor's line. Closing brackets are left to the filters. */
export const suffixStart: StopRule = (text, context) => {
  const rest = context.restOfLine.trimEnd();
  if (rest.trim().length < SHORTEST || isClosers(rest) || !text.endsWith(rest)) return undefined;
  const { own, repeated, isInOrder } = joinSuffix(text, context);
  return repeated === rest.length && isInOrder ? own : undefined;
};
