/**
 * The gates that a mode stands for.
 */
import { MODE_PRESETS, type Mode } from "../debounce.ts";
import { confidenceGate, type Gate } from "./gate.ts";
import type { GateHistory } from "./history.ts";
import { learnedGate } from "./learnedGate.ts";
import { FOREST } from "./weights.ts";

/**
 * For what a model says.
 *
 * @param ratesAll whether the probability of every token is known, as the learned gate needs it.
 * @param history what became of earlier suggestions.
 */
export function modelGate(mode: Mode, ratesAll: boolean, history: GateHistory): Gate {
  const { price, minimumConfidence } = MODE_PRESETS[mode];
  return ratesAll ? learnedGate(FOREST, { price, history }) : minimumGate(minimumConfidence);
}

/** For what is copied without a model. */
export function copyGate(mode: Mode): Gate {
  return minimumGate(MODE_PRESETS[mode].minimumCopyConfidence);
}

function minimumGate(minimum: number): Gate {
  return confidenceGate({ part: minimum, whole: minimum });
}
