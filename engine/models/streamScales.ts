/**
 * The three factors of MiniCPM, which other architectures of its kind have, too: of the embedding (E), of what each block
 * adds (R), and of the logits, which are divided by it (L). With e a row of the embedding, f a block and W the head:
 *
 *   x = E e;   x += R f(norm(x));   logits = W norm(x) / L
 *
 * Divided by R, x is the residual stream that the native graph computes, and the factors are in its weights:
 *
 *   y = (E / R) e;   y += f(norm(y));   logits = W norm(y) / L
 *
 * norm(x) and norm(y) are equal where y's epsilon is divided by R^2. Every RMSNorm of such an architecture must be one of
 * the stream, because the pack has one epsilon.
 */
import type { ModelFile } from "./modelFile.ts";
import { ADVICE_DAMAGED, ModelFileError } from "./modelFileError.ts";
import type { ModelKeys } from "./modelKeys.ts";
import type { SourceConfig } from "./source.ts";

/** Factors of weights. */
export interface StreamScales {
  embedding: number;
  outputNorm: number;
}

export const UNSCALED: StreamScales = { embedding: 1, outputNorm: 1 };

/** Limits of each factor, far beyond those of the published models: 12, 0.25 to 0.3, and 4 to 16. */
const LOW = 1e-6;
const HIGH = 1e6;

/**
 * Reads the factors of `architecture`, and divides the epsilon of `config`. A tied head is multiplied with the embedding,
 * so that the output norm is divided by as much.
 * @throws ModelFileError where a factor is missing, not a number or out of range
 */
export function foldStreamScales(
  modelFile: ModelFile,
  keys: ModelKeys,
  architecture: string,
  config: SourceConfig,
): StreamScales {
  const read = (suffix: string): number => {
    const key = `${architecture}.${suffix}`;
    return keys.between(key, LOW, HIGH) ?? keys.missing(key);
  };
  const residual = read("residual_scale");
  const embedding = read("embedding_scale") / residual;
  const logits = read("logit_scale");
  const epsilon = Math.fround(config.rmsEpsilon / residual ** 2);
  if (!(epsilon > 0 && epsilon < 1)) {
    const problem = `is ${residual}, which with the epsilon ${config.rmsEpsilon} of the norms is out of range`;
    throw new ModelFileError(modelFile.path, `key ${architecture}.residual_scale`, problem, ADVICE_DAMAGED);
  }
  config.rmsEpsilon = epsilon;
  return { embedding, outputNorm: 1 / logits / (config.tiedHead ? embedding : 1) };
}
