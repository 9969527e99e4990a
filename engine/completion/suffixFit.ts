/**
 * Whether a suggestion still fits the text after the cursor. That text must not have changed, except for brackets and
 * quotes that the editor adds or removes by itself while the suggestion's own are typed.
 */
import { holdsInOrder } from "../text/closers.ts";

const CLOSER: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}" };
const QUOTES = new Set(['"', "'", "`"]);

/**
 * @param earlier the text that followed the cursor when the suggestion was made.
 * @param now the text that follows it now.
 * @param typed what has been typed of the suggestion since.
 */
export function suffixFits(earlier: string, now: string, typed: string): boolean {
  if (now === earlier) {
    return true;
  }
  if (now.length > earlier.length) {
    const added = now.slice(0, now.length - earlier.length);
    const isComment = /\/\*{1,2}$/.test(typed) && /^ ?\*\/$/.test(added);
    const open = openIn(typed, false);
    const isOpen = open.startsWith(added) || open.endsWith(added) || openIn(typed, true).endsWith(added);
    return now.endsWith(earlier) && (isOpen || isComment);
  }
  // Closers after the cursor were typed over.
  const gone = earlier.slice(0, earlier.length - now.length);
  return earlier.endsWith(now) && /^[)\]}"'`]+$/.test(gone) && holdsInOrder(typed, gone);
}

/**
 * The closers of what is open at the end of a text, the innermost first, as the editor would have inserted them.
 *
 * @param countsAll also count brackets within strings, where some editors close them, and take three quotes for one mark.
 */
function openIn(text: string, countsAll: boolean): string {
  const closers: string[] = [];
  for (const mark of text.match(countsAll ? /"{3}|'{3}|[\s\S]/g : /[\s\S]/g) ?? []) {
    const innermost = closers.at(-1);
    const isString = QUOTES.has(innermost?.charAt(0) ?? "");
    if (mark === innermost) {
      closers.pop();
    } else if (QUOTES.has(mark.charAt(0)) && !isString) {
      closers.push(mark);
    } else if (CLOSER[mark] !== undefined && (countsAll || !isString)) {
      closers.push(CLOSER[mark]);
    }
  }
  return closers.reverse().join("");
}
