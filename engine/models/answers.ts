/** Checks that a freshly loaded model answers: it generates a few tokens twice, and both runs must agree. */
import { GREEDY, type NativeModel, Priority } from "../native.ts";

const TOKENS = 4;

/** Leaves the cache empty. @throws Error with a one-line message when the model does not answer. */
export async function checkAnswers(model: NativeModel): Promise<void> {
  const { special } = model.tokenizer;
  const first = special.bos >= 0 ? special.bos : 0;
  const write = async () => {
    const { tokens, reason } = await model.generate({
      tokens: Uint32Array.of(first),
      maxTokens: TOKENS,
      sampling: GREEDY,
      stop: [],
      stopTokens: new Uint32Array(),
      priority: Priority.warm,
    }).done;
    return `${reason} ${tokens.join()}`;
  };
  const once = await write();
  model.clearCache();
  const again = await write();
  model.clearCache();
  if (once !== again) {
    throw new Error("The model does not give the same answer twice: it is damaged, or the memory of this machine is.");
  }
}
