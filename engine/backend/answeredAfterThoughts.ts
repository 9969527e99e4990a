/** Separates a local model's answer from what the model thinks before it. */

import { WithoutThoughts } from "../prompt/withoutThoughts.ts";
import type { Answer, ChatRequest, Prepared } from "./backend.ts";

const ONLY_THOUGHT =
  "The model only thought, and its greatest length was reached before an answer: ask again, or turn thinking off.";

/**
 * An answer without the thoughts that a model writes before it.
 *
 * @param onActivity called with what the model does while there is no answer yet; "" when it answers.
 * @param onThought called with the thoughts, piece by piece.
 */
export function answeredAfterThoughts(
  start: Prepared<Answer>,
  { onActivity = () => {}, onThought = () => {} }: Pick<ChatRequest, "onActivity" | "onThought">,
): Prepared<Answer> {
  return (onText = () => {}) => {
    const thoughts = new WithoutThoughts("marked", onThought);
    let hasThought = false;
    const give = (text: string) => {
      if (thoughts.isThinking !== hasThought) {
        hasThought = thoughts.isThinking;
        onActivity(hasThought ? "The model is thinking." : "");
      }
      if (text !== "") onText(text);
      return text;
    };
    let said = "";
    const { cancel, done } = start((piece) => {
      said += give(thoughts.take(piece));
    });
    return {
      cancel,
      done: done.then((result) => {
        if (thoughts.isThinking && result.reason === "length") throw new Error(ONLY_THOUGHT);
        said += give(thoughts.end());
        return { ...result, text: said };
      }),
    };
  };
}
