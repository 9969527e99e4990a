/**
 * The profile of models with fill-in-the-middle tokens, such as the built-in one. The layout is a contract with
 * training:
 *
 *   [BOS] chunks [<|file|>] path "\n" [<|fim_suffix|>] suffix [<|fim_prefix|>] prefix [<|fim_middle|>]
 *
 * The chunks of other files, each [<|file|>] path "\n" text "\n", are only in long prompts (budget.ts). The suffix comes
 * first so that typing appends to the prompt: after a keystroke only the last token or two of the prefix and the final
 * marker are new. The parts are tokenized separately, as text, so source code that spells out a control token stays
 * source code.
 */
import { chunkTokens, type PromptChunk } from "./chunks.ts";
import { freezeSuffix, suffixHolds } from "./frozenSuffix.ts";
import { pathTokens } from "./pathTokens.ts";
import { chooseWindow, isSameAnchor } from "./prefixWindow.ts";
import { type CompletionProfile, joinTokens, type PromptTokenizer, tokenSet } from "./profile.ts";
import { heal, isSpaceAfterText, isWord } from "./tokenHealing.ts";

const NO_TOKENS = new Uint32Array();

/**
 * Whether the last token is taken off the prompt for the model to write again (tokenHealing.ts): a word and a blank after
 * text are, indentation and punctuation are not (docs/measurements/prompt.md).
 */
function healed(piece: string, before: string): boolean {
  return isWord(piece) || isSpaceAfterText(piece, before);
}

/** The profile; undefined when the vocabulary lacks one of the three markers. */
export function builtinFim(tokenizer: PromptTokenizer): CompletionProfile | undefined {
  const { bos, eos, eot, fimPrefix, fimSuffix, fimMiddle, addBos } = tokenizer.special;
  if (fimPrefix < 0 || fimSuffix < 0 || fimMiddle < 0) {
    return undefined;
  }
  const file = tokenizer.idOf("<|file|>");
  const stopTokens = tokenSet(eos, eot, tokenizer.idOf("<|fim_end|>"), file, fimPrefix, fimSuffix, fimMiddle);
  const encode = (text: string) => tokenizer.encode(text);
  const decode = (tokens: Uint32Array) => tokenizer.decode(tokens);
  return {
    name: "fill-in-the-middle",
    canExtend: (context, state) =>
      state.suffix !== undefined && suffixHolds(context.restOfLine, context.below, state.suffix),
    build(context, budget, state, relatedChunks) {
      const suffix = freezeSuffix(context.restOfLine, context.below, budget.suffix, encode, state?.suffix);
      const window = chooseWindow(context.prefix, context.prefixLine, budget.prefix, encode, state?.anchor);
      const { tokens: prefix, forced } = heal(context.prefix, window.tokens, decode, healed);
      const head = file >= 0 ? [file, pathTokens(context.path, budget.path, encode)] : [];
      // The chunks come first in the prompt, so they are chosen anew only when what follows them is new anyway.
      const isSame = state?.suffix === suffix && isSameAnchor(state.anchor, window.anchor);
      const write = ({ path, text }: PromptChunk) =>
        joinTokens([file, pathTokens(path, budget.path, encode), encode(`${text}\n`)]);
      const kept = isSame ? state.chunks : undefined;
      const chunks = kept ?? (file < 0 ? NO_TOKENS : chunkTokens(relatedChunks, budget.chunks, write));
      const rest = [fimSuffix, suffix.tokens, fimPrefix, prefix, fimMiddle];
      const tokens = joinTokens([addBos ? bos : -1, chunks, ...head, ...rest]);
      return { tokens, stopTokens, forced, state: { anchor: window.anchor, suffix, chunks } };
    },
  };
}
