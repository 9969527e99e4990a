/** A local model's answer without what it thinks before. */

import { WithoutThoughts } from "../prompt/withoutThoughts.ts";
import type { Answer, Prepared } from "./backend.ts";

const ONLY_THOUGHT =
  "The model only thought, and its greatest length was reached before an answer: ask again, or turn thinking off.";

/**
 * An answer without the thoughts that a model writes before it.
 *
 * @param onActivity called with what the model does while there is nothing to show; "" when it answers.
 */
export function answeredAfterThoughts(
  start: Prepared<Answer>,
  onActivity: (text: string) => void = () => {},
): Prepared<Answer> {
  return (onText = () => {}) => {
    const thoughts = new WithoutThoughts();
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
