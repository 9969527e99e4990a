/** The gates of the modes. */
import { MODE_PRESETS, type Mode } from "../debounce.ts";
import { confidenceGate, type Gate } from "./gate.ts";
import type { GateHistory } from "./history.ts";
import { learnedGate } from "./learnedGate.ts";
import { FOREST } from "./weights.ts";

/**
 * The gate for a model's answers.
 *
 * @param isLearned whether to use the learned gate. It was trained on answers of the built-in model with its n-gram
 *   cache, and reads the probability of every token, so it is used only where that cache is. Other answers are judged by
 *   their joint probability alone.
 * @param history the outcomes of earlier suggestions.
 */
export function modelGate(mode: Mode, isLearned: boolean, history: GateHistory): Gate {
  const { price, minimumConfidence } = MODE_PRESETS[mode];
  return isLearned ? learnedGate(FOREST, { price, history }) : minimumGate(minimumConfidence);
}

/** The gate for text that is copied without a model. */
export function copyGate(mode: Mode): Gate {
  return minimumGate(MODE_PRESETS[mode].minimumCopyConfidence);
}

function minimumGate(minimum: number): Gate {
  return confidenceGate({ forCutText: minimum, forWholeText: minimum });
}
