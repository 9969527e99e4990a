/** Estimates how likely a change is right at a place: a logistic model of the place's features. */
import type { Features } from "./features.ts";
import type { ProposalKind } from "./proposal.ts";
import { BIAS, WEIGHTS } from "./weights.ts";

/** Proposals with less trust are not shown. The value was measured (docs/measurements/next-edits.md). */
export const LEAST_TRUST = 0.63;
/**
 * The trust in kinds of proposals that need one example only, because something else than the examples confirms them.
 * It was measured in the same way.
 */
const CONFIRMED: Partial<Record<ProposalKind, number>> = {
  // The old name is declared nowhere any more.
  declaration: 0.85,
  // The language service reports it as unused.
  "unused import": 0.85,
};
/** The trust in replacing a name where it is written in another style, after the name itself is gone. */
const VARIANT = 0.8;
/** The least value of the feature `here` for that: the name has been replaced three times in the same file. */
const LEAST_FOR_VARIANT = Math.log2(1 + 3);

/**
 * The trust in kinds of proposals that are confirmed by something else than their features; undefined for other kinds,
 * which the logistic model rates.
 *
 * @param features those that all places of a rule in a document share.
 */
export function confirmedTrust(kind: ProposalKind, features: Features): number | undefined {
  if (kind !== "variant") return CONFIRMED[kind];
  const { elsewhere, here = 0, isNew, kept = 0 } = features;
  // In other files, and where the new name occurred before, a name in another style meant something else in nine of ten
  // real commits.
  return elsewhere === 0 && here >= LEAST_FOR_VARIANT && isNew === 1 && kept === 0 ? VARIANT : 0;
}

/**
 * The weighted sum of features. It is additive, so the sum over the features that places share need be computed only
 * once.
 *
 * @param others the evidence of other features, to which it is added.
 */
export function evidence(features: Features, others = 0): number {
  let sum = others;
  for (const name in features) sum += features[name]! * (WEIGHTS[name] ?? 0);
  return sum;
}

/** The logistic function. @param sum the {@link evidence} of all features. */
export function trustOf(sum: number): number {
  return 1 / (1 + Math.exp(-BIAS - sum));
}
