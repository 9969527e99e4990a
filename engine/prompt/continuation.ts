/**
 * Profile of models without fill-in-the-middle tokens (2B4T): plain left-to-right text, no chat form,
 *
 *   [BOS] comment with the path "\n" prefix
 *
 * What follows the cursor is not shown to the model; the filters compare the answer with it.
 */
import { commentLine } from "./comments.ts";
import { pathTokens } from "./path.ts";
import { type CompletionProfile, joinTokens, type PromptTokenizer, tokenSet } from "./profile.ts";
import { chooseWindow } from "./window.ts";

export function continuation(tokenizer: PromptTokenizer): CompletionProfile {
  const { bos, eos, eot, addBos } = tokenizer.special;
  const stopTokens = tokenSet(eos, eot);
  const encode = (text: string) => tokenizer.encode(text);
  return {
    name: "continuation",
    build(context, budget, memory) {
      // These vocabularies glue a space to the word after it: a prompt that ends in a space is one the model has
      // hardly seen. The last space is held back and expected at the beginning of the answer.
      const held = context.prefix.endsWith(" ") ? " " : "";
      const prefix = held === "" ? context.prefix : context.prefix.slice(0, -1);
      // Without a suffix in the prompt its share belongs to the prefix.
      const window = chooseWindow(prefix, context.prefixLine, budget.prefix + budget.suffix, encode, memory?.anchor);
      const head = pathTokens(context.path, budget.path, encode, (path) => commentLine(context.languageId, path));
      return {
        tokens: joinTokens([addBos ? bos : -1, head, window.tokens]),
        stopTokens,
        held,
        memory: { anchor: window.anchor },
      };
    },
  };
}
