/**
 * The profile of models without fill-in-the-middle tokens, such as BitNet b1.58 2B4T. The model continues plain text:
 *
 *   [BOS] chunks of other files, each after a comment with its path; a comment with the file's path "\n" prefix
 *
 * The model does not see what follows the cursor; the filters compare the answer with it.
 */

import { commentLine } from "../text/languages.ts";
import { chunkTokens, type PromptChunk } from "./chunks.ts";
import { pathTokens } from "./pathTokens.ts";
import { chooseWindow, isSameAnchor } from "./prefixWindow.ts";
import { type CompletionProfile, joinTokens, type PromptTokenizer, tokenSet } from "./profile.ts";
import { heal, isWord } from "./tokenHealing.ts";

/** Whether the last token is written again: a word, which may go on, or white space, which may begin the next word. */
function healed(piece: string): boolean {
  return isWord(piece) || /^[ \t]+$/.test(piece);
}

export function continuation(tokenizer: PromptTokenizer): CompletionProfile {
  const { bos, eos, eot, addBos } = tokenizer.special;
  const stopTokens = tokenSet(eos, eot);
  const encode = (text: string) => tokenizer.encode(text);
  const decode = (tokens: Uint32Array) => tokenizer.decode(tokens);
  return {
    name: "continuation",
    canExtend: (context, state) => context.prefix.includes(state.anchor.opening),
    build(context, budget, state, relatedChunks) {
      // There is no suffix in the prompt, so the prefix gets its share.
      const room = budget.prefix + budget.suffix;
      const window = chooseWindow(context.prefix, context.prefixLine, room, encode, state?.anchor);
      const { tokens: prefix, forced } = heal(context.prefix, window.tokens, decode, healed);
      const head = pathTokens(context.path, budget.path, encode, (path) => commentLine(context.languageId, path));
      const write = ({ path, languageId, text }: PromptChunk) =>
        encode(`${commentLine(languageId, path)}\n${text}\n\n`);
      const kept = state !== undefined && isSameAnchor(state.anchor, window.anchor) ? state.chunks : undefined;
      const chunks = kept ?? chunkTokens(relatedChunks, budget.chunks, write);
      return {
        tokens: joinTokens([addBos ? bos : -1, chunks, head, prefix]),
        stopTokens,
        forced,
        state: { anchor: window.anchor, chunks },
      };
    },
  };
}
