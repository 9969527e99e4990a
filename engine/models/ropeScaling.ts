/** The keys that say how the rotation's frequencies are changed for long contexts. */
import type { ModelFile } from "./modelFile.ts";
import { ADVICE_UNSUPPORTED, ModelFileError, quote } from "./modelFileError.ts";
import type { ModelKeys } from "./modelKeys.ts";
import { RopeScaling } from "./packFormat.ts";
import { LIMITS, type SourceConfig } from "./source.ts";

type Scaling = Pick<
  SourceConfig,
  "contextLength" | "ropeScaling" | "ropeFactor" | "ropeOriginalContext" | "ropeMagnitude"
>;

/**
 * Reads the keys of `architecture`. With LongRoPE (Ding et al., 2024) a file may leave out the original context, which is
 * then the whole one, and the factor of cosine and sine, which is then 1; llama.cpp reads such files in the same way. The
 * pack has the factors of frequencies for contexts up to the original one, so that the context ends there.
 * @param contextLength the file's context, in positions
 * @throws ModelFileError
 */
export function readRopeScaling(
  modelFile: ModelFile,
  keys: ModelKeys,
  architecture: string,
  contextLength: number,
): Scaling {
  const key = (suffix: string) => `${architecture}.rope.scaling.${suffix}`;
  const refuse = (suffix: string, problem: string): never => {
    throw new ModelFileError(modelFile.path, `key ${key(suffix)}`, problem, ADVICE_UNSUPPORTED);
  };
  const original = key("original_context_length");
  switch (keys.text(key("type")) ?? "none") {
    case "none":
      return { contextLength, ropeScaling: RopeScaling.none, ropeFactor: 1, ropeOriginalContext: 0, ropeMagnitude: 1 };
    case "yarn": {
      const factor = keys.between(key("factor"), 0.999, 1e6) ?? keys.missing(key("factor"));
      return {
        contextLength,
        ropeScaling: RopeScaling.yarn,
        ropeFactor: Math.max(1, factor),
        ropeOriginalContext: keys.requiredInteger(original, 1, LIMITS.contextLength),
        ropeMagnitude: Math.fround(0.1 * Math.log(Math.max(1, factor)) + 1),
      };
    }
    case "longrope": {
      const factor = keys.between(key("factor"), 0, 1e6) ?? 1;
      if (factor !== 1) refuse("factor", `is ${factor}, which this version cannot compute beside factors of each pair`);
      const first = keys.integer(original, 1, LIMITS.contextLength) ?? contextLength;
      return {
        contextLength: Math.min(contextLength, first),
        ropeScaling: RopeScaling.longRope,
        ropeFactor: 1,
        ropeOriginalContext: first,
        ropeMagnitude: keys.between(key("attn_factor"), 0, 1e3) ?? 1,
      };
    }
    default:
      return refuse("type", `is ${quote(keys.text(key("type")) ?? "")}, which this version cannot compute`);
  }
}
