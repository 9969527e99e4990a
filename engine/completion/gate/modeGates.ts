/** The gates of the modes. */
import { MODE_PRESETS, type Mode } from "../debounce.ts";
import { confidenceGate, type Gate } from "./gate.ts";
import type { GateHistory } from "./history.ts";
import { learnedGate } from "./learnedGate.ts";
import { FOREST } from "./weights.ts";

/**
 * The gate for a model's answers.
 *
 * @param ratesAll whether the probability of every token is known, which the learned gate needs.
 * @param history the outcomes of earlier suggestions.
 */
export function modelGate(mode: Mode, ratesAll: boolean, history: GateHistory): Gate {
  const { price, minimumConfidence } = MODE_PRESETS[mode];
  return ratesAll ? learnedGate(FOREST, { price, history }) : minimumGate(minimumConfidence);
}

/** The gate for text that is copied without a model. */
export function copyGate(mode: Mode): Gate {
  return minimumGate(MODE_PRESETS[mode].minimumCopyConfidence);
}

function minimumGate(minimum: number): Gate {
  return confidenceGate({ part: minimum, whole: minimum });
}
