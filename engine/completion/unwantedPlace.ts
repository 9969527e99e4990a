/** Places in which the user wants no suggestions while typing. */

import type { EngineSettings } from "../protocol/settings.ts";
import { kindAtCursor } from "../text/codeState.ts";
import type { CursorContext } from "../text/cursor.ts";

/** Why the place is unwanted; undefined if it is not. The text is scanned only if one of the two settings is off. */
export function unwantedPlace(
  context: CursorContext,
  { inComments = true, inStrings = true }: Partial<EngineSettings>,
): "in-comment" | "in-string" | undefined {
  if (inComments && inStrings) {
    return undefined;
  }
  switch (kindAtCursor(context)) {
    case "comment":
      return inComments ? undefined : "in-comment";
    case "string":
      return inStrings ? undefined : "in-string";
    default:
      return undefined;
  }
}
