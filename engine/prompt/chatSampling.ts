/** How the tokens of chat answers are chosen, by the model's family. */
import { GREEDY, type Sampling } from "../native.ts";

/** Greedy with a mild penalty, without which small models fall into loops. */
const USUAL: Sampling = { ...GREEDY, repetitionPenalty: 1.1 };

interface Family {
  answering: Partial<Sampling>;
  thinking: Partial<Sampling>;
}

/** What the makers of the models recommend, by `general.architecture`. With greedy decoding Qwen3 repeats itself. */
const FAMILIES: Readonly<Record<string, Family>> = {
  qwen3: {
    answering: { temperature: 0.7, topP: 0.8, topK: 20 },
    thinking: { temperature: 0.6, topP: 0.95, topK: 20 },
  },
};

/**
 * @param architecture of the model's file.
 * @param seed the same seed gives the same answer; greedy answers are always the same.
 */
export function chatSampling(architecture: string, isThinking: boolean, seed: number): Sampling {
  const family = Object.hasOwn(FAMILIES, architecture) ? FAMILIES[architecture] : undefined;
  if (family === undefined) return USUAL;
  return { ...GREEDY, ...(isThinking ? family.thinking : family.answering), seed };
}
