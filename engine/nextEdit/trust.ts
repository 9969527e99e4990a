/**
 * How sure it is that a place wants a change: a logistic model of what speaks for and against it.
 */
import type { Features } from "./features.ts";
import type { ProposalKind } from "./proposal.ts";
import { BIAS, WEIGHTS } from "./weights.ts";

/** Less sure proposals are not shown. Measured: docs/measurements/next-edits.md. */
export const LEAST_TRUST = 0.63;
/** Kinds that the text itself confirms, so that one edit suffices. Measured as the rest. */
const CONFIRMED: Partial<Record<ProposalKind, number>> = {
  // A name that is declared nowhere any more.
  declaration: 0.85,
  // The language service calls it unused.
  "unused import": 0.85,
};
/** A name in another style, once the name itself is gone. */
const VARIANT = 0.8;
/** ... which was replaced so often in the same file; `here` is this. */
const LEAST_FOR_VARIANT = Math.log2(1 + 3);

/**
 * Trust in what the text itself confirms; undefined for kinds that are rated by all of their features.
 *
 * @param features those that all places of a rule in a document share.
 */
export function confirmedTrust(kind: ProposalKind, features: Features): number | undefined {
  if (kind !== "variant") return CONFIRMED[kind];
  const { elsewhere, here = 0, isNew, kept } = features;
  // In other files, and where the new name stood before, other styles were other things in nine of ten real commits.
  return elsewhere === 0 && here >= LEAST_FOR_VARIANT && isNew === 1 && kept === 0 ? VARIANT : 0;
}

/** Estimated probability that a proposal is right. */
export function trustIn(features: Features): number {
  return trustOf(evidence(features));
}

/** What features add up to; the sum of several calls is that of all of their features. */
export function evidence(features: Features): number {
  let sum = 0;
  for (const name in features) sum += features[name]! * (WEIGHTS[name] ?? 0);
  return sum;
}

/** @param sum of {@link evidence}. */
export function trustOf(sum: number): number {
  return 1 / (1 + Math.exp(-BIAS - sum));
}
