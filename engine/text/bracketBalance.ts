/** Counts the brackets in a piece of code. Those in strings, comments and regular expressions do not count. */
import { scan } from "./scanner.ts";

const OPENER: Readonly<Record<string, string>> = { ")": "(", "]": "[", "}": "{" };

/** Closing brackets without an opening one, then opening ones without a closing one, in order: "" when balanced. */
export function unbalancedBrackets(code: string, languageId: string): string {
  let closers = "";
  const openers: string[] = [];
  for (const { kind, start, end } of scan(code, languageId).tokens) {
    const bracket = code.slice(start, end);
    if (kind === "open") openers.push(bracket);
    else if (kind !== "close") continue;
    else if (openers.at(-1) === OPENER[bracket]) openers.pop();
    else closers += bracket;
  }
  return closers + openers.join("");
}
