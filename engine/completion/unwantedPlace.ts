/** Places in which the user wants no suggestions while typing. */
import type { CursorContext } from "../text/cursor.ts";
import { placeKind, scanState } from "../text/scanner.ts";

export interface PlaceSettings {
  /** Default true. */
  inComments?: boolean;
  /** Default true. */
  inStrings?: boolean;
}

/** Why the place is unwanted; undefined when it is not. The text is read only where a setting asks for it. */
export function unwantedPlace(
  { prefix, languageId }: Pick<CursorContext, "prefix" | "languageId">,
  { inComments = true, inStrings = true }: PlaceSettings,
): "in-comment" | "in-string" | undefined {
  if (inComments && inStrings) {
    return undefined;
  }
  switch (placeKind(scanState(prefix, languageId))) {
    case "comment":
      return inComments ? undefined : "in-comment";
    case "string":
      return inStrings ? undefined : "in-string";
    default:
      return undefined;
  }
}
