import { isClosers } from "../../prompt/frozenSuffix.ts";
import type { StopRule } from "./rule.ts";

/** Less could stand anywhere. */
const SHORTEST = 6;

/** A text ends where it goes on with the rest of the cursor's line. Closing brackets are left to the filters. */
export const suffixStart: StopRule = (text, context) => {
  const rest = context.restOfLine.trim();
  if (rest.length < SHORTEST || isClosers(rest)) {
    return undefined;
  }
  const at = text.indexOf(rest);
  return at === -1 ? undefined : at;
};
