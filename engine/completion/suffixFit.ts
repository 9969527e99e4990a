/**
 * Whether a suggestion still fits the text after the cursor. That text must not have changed, except for brackets and
 * quotes that the editor adds or removes by itself while the suggestion's own are typed.
 */
import { holdsInOrder } from "../text/closers.ts";

const CLOSER: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}" };
const QUOTES = new Set(['"', "'", "`"]);

/**
 * @param then the text that followed the cursor when the suggestion was made.
 * @param now the text that follows it now.
 * @param typed what has been typed of the suggestion since.
 */
export function suffixFits(then: string, now: string, typed: string): boolean {
  if (now === then) {
    return true;
  }
  if (now.length > then.length) {
    const added = now.slice(0, now.length - then.length);
    const open = openIn(typed);
    return now.endsWith(then) && (open.startsWith(added) || open.endsWith(added));
  }
  // Closers after the cursor were typed over.
  const gone = then.slice(0, then.length - now.length);
  return then.endsWith(now) && /^[)\]}"'`]+$/.test(gone) && holdsInOrder(typed, gone);
}

/** The closers of what is open at the end of a text, the innermost first, as the editor would have inserted them. */
function openIn(text: string): string {
  const closers: string[] = [];
  for (const character of text) {
    const innermost = closers.at(-1);
    if (character === innermost) {
      closers.pop();
    } else if (QUOTES.has(character) && !QUOTES.has(innermost ?? "")) {
      closers.push(character);
    } else if (CLOSER[character] !== undefined && !QUOTES.has(innermost ?? "")) {
      closers.push(CLOSER[character]);
    }
  }
  return closers.reverse().join("");
}
