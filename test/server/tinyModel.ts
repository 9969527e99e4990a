/** A model of random weights that llama.cpp loads at once: what the servers answer with it counts, not what it says. */
import { synthesise } from "../../engine/models/synth.ts";

/** Writes the model as a GGUF file. */
export async function writeTinyModel(path: string): Promise<void> {
  await synthesise(path, {
    shape: {
      hiddenSize: 256,
      layerCount: 2,
      headCount: 4,
      kvHeadCount: 2,
      ffnSize: 512,
      vocabSize: 4352,
      contextLength: 2048,
    },
    type: "TQ2_0",
    architecture: "llama",
    untied: true,
  });
}
