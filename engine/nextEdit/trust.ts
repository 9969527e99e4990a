/**
 * How sure it is that a place wants a change: a logistic model of what speaks for and against it.
 */
import type { Features } from "./features.ts";
import type { ProposalKind } from "./proposal.ts";
import { BIAS, WEIGHTS } from "./weights.ts";

/** Less sure proposals are not shown. Measured: docs/measurements/next-edits.md. */
export const LEAST_TRUST = 0.6;
/**
 * Kinds that the text itself confirms, so that one edit suffices: a name that is declared nowhere any more, an import
 * that the language service calls unused; and a name in another style once the name itself is gone. Measured as the rest.
 */
export const CONFIRMED: Partial<Record<ProposalKind, number>> = {
  declaration: 0.85,
  "unused import": 0.85,
  variant: 0.8,
};

/** Estimated probability that a proposal is right. */
export function trustIn(features: Features): number {
  let sum = BIAS;
  for (const name in features) sum += features[name]! * (WEIGHTS[name] ?? 0);
  return 1 / (1 + Math.exp(-sum));
}
