import { copyFor } from "../completion/copies.ts";
import { cursorContext } from "../text/cursor.ts";
import type { Hole } from "./hole.ts";

/** The copying baseline: the rest of the line as found elsewhere in the same file, however uncertain the match. */
export function copyAnswer({ path, prefix, suffix }: Hole, languageId: string): string | undefined {
  return copyFor(cursorContext({ path, languageId, text: prefix + suffix }, prefix.length), [])?.text;
}
