/** Leaves out parts of the completion code, to measure what each of them contributes. */
import { drop, keep } from "../completion/filters/filter.ts";
import { OPEN_GATE } from "../completion/gate/gate.ts";
import type { CompletionParts } from "../completion/parts.ts";

export const PART_NAMES = ["filters", "gate", "stops", "copies", "ngrams", "context"] as const;
export type PartName = (typeof PART_NAMES)[number];

const WITHOUT: Readonly<Record<PartName, Partial<CompletionParts>>> = {
  filters: {
    judge: (text) => (text === "" ? drop("model-silent") : keep(text, 0)),
    fit: (text) => keep(text, 0),
    lengthInScope: (text) => text.length,
  },
  gate: { gate: OPEN_GATE },
  stops: { stopAt: () => undefined },
  copies: { copyFor: () => undefined },
  ngrams: { usesNgramCache: () => false },
  context: { usesOtherFiles: false },
};

export function partsWithout(names: readonly PartName[]): Partial<CompletionParts> {
  return Object.assign({}, ...names.map((name) => WITHOUT[name]));
}
