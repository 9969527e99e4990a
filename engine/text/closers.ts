/** What ends a statement and opens nothing: editors often put it after the cursor by themselves. */
const CLOSERS = /^[\s)\]}>"'`;,:]*/;

/** Whether a text is nothing but closing brackets, quotes and what ends a statement. */
export function isClosers(text: string): boolean {
  return withoutClosers(text) === "";
}

/** A text without the closers that it begins with. */
export function withoutClosers(text: string): string {
  return text.replace(CLOSERS, "");
}
