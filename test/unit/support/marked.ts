import { type CursorContext, cursorContext } from "../../../engine/text/cursor.ts";

/** The context at the ^ in a text. */
export function contextAt(marked: string, languageId = "typescript"): CursorContext {
  const text = marked.replace("^", "");
  return cursorContext({ path: "a.ts", languageId, text }, marked.indexOf("^"));
}
