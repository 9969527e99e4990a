/** Characters that end something and open nothing; editors often insert them after the cursor. */
const CLOSERS = /^[\s)\]}>"'`;,:]*/;

/** Whether a text consists only of closing brackets, quotes and what ends a statement. */
export function isClosers(text: string): boolean {
  return withoutClosers(text) === "";
}

/** A text without the closers that it begins with. */
export function withoutClosers(text: string): string {
  return text.replace(CLOSERS, "");
}

/** Whether a text contains the characters in this order. */
export function holdsInOrder(text: string, characters: string): boolean {
  let from = 0;
  for (const character of characters) {
    from = text.indexOf(character, from) + 1;
    if (from === 0) return false;
  }
  return true;
}
