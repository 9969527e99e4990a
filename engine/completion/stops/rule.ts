/**
 * A stop rule looks at the text while it is written, and says where it should have ended. What comes after would not be
 * shown, so it need not be computed.
 */
import type { CursorContext } from "../../text/cursor.ts";

/** The length that the text should have, or undefined while it may continue. */
export type StopRule = (text: string, context: CursorContext) => number | undefined;
