/** Finds the word that is being typed after "@" or "/" in the input. */

export interface Mention {
  trigger: "@" | "/";
  query: string;
  /** UTF-16 offset of the "@" or "/". */
  start: number;
}

/** @param cursor UTF-16 offset. @returns undefined when the cursor is not after such a word. */
export function mentionAt(text: string, cursor: number): Mention | undefined {
  const before = text.slice(0, cursor);
  const slash = /^\/(\w*)$/.exec(before);
  if (slash !== null) {
    return { trigger: "/", query: slash[1] ?? "", start: 0 };
  }
  const at = /(?:^|\s)@([^\s@]*)$/.exec(before);
  return at === null ? undefined : { trigger: "@", query: at[1] ?? "", start: cursor - (at[1]?.length ?? 0) - 1 };
}
