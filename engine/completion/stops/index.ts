/** The rules that end a text while it is written. The end of the line is a stop string of the engine itself. */
import type { CursorContext } from "../../text/cursor.ts";
import type { Shape } from "../lineOrBlock.ts";
import { blankLine } from "./blankLine.ts";
import { dedent } from "./dedent.ts";
import { lineBelow } from "./lineBelow.ts";
import { markup } from "./markup.ts";
import { repetition } from "./repetition.ts";
import type { StopRule } from "./rule.ts";
import { suffixStart } from "./suffixStart.ts";

export type StopName = "markup" | "rest of the line" | "repetition" | "blank line" | "dedent" | "line below";

type NamedStop = readonly [StopName, StopRule];

const LINE: readonly NamedStop[] = [
  ["markup", markup],
  ["rest of the line", suffixStart],
  ["repetition", repetition],
];
const BLOCK: readonly NamedStop[] = [...LINE, ["blank line", blankLine], ["dedent", dedent], ["line below", lineBelow]];

/** Where the text should have ended, with the rule that ends it first; undefined while it may continue. */
export function stopFor(
  text: string,
  context: CursorContext,
  shape: Shape,
): { name: StopName; end: number } | undefined {
  const stops = (shape === "line" ? LINE : BLOCK).flatMap(([name, rule]) => {
    const end = rule(text, context);
    return end === undefined ? [] : [{ name, end }];
  });
  return stops.reduce<(typeof stops)[number] | undefined>(
    (first, stop) => (first === undefined || stop.end < first.end ? stop : first),
    undefined,
  );
}

/** Where the text should have ended by the rule that ends it first; undefined while it may continue. */
export function stopAt(text: string, context: CursorContext, shape: Shape): number | undefined {
  return stopFor(text, context, shape)?.end;
}
