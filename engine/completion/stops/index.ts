/**
 * The rules by which a text ends while it is written. The end of the line is a stop string of the engine itself.
 */
import type { CursorContext } from "../../text/cursor.ts";
import type { Shape } from "../lineOrBlock.ts";
import { blankLine } from "./blankLine.ts";
import { dedent } from "./dedent.ts";
import { lineBelow } from "./lineBelow.ts";
import { markup } from "./markup.ts";
import { repetition } from "./repetition.ts";
import type { StopRule } from "./rule.ts";
import { suffixStart } from "./suffixStart.ts";

const LINE: StopRule[] = [markup, suffixStart, repetition];
const BLOCK: StopRule[] = [...LINE, blankLine, dedent, lineBelow];

/** Where the text should have ended, by the rule that ends it first; undefined while it may go on. */
export function stopAt(text: string, context: CursorContext, shape: Shape): number | undefined {
  const ends = (shape === "line" ? LINE : BLOCK).flatMap((rule) => rule(text, context) ?? []);
  return ends.length === 0 ? undefined : Math.min(...ends);
}
