/**
 * A loaded model together with the ways in which it is prompted.
 */
import type { NativeModel } from "./native.ts";
import { builtinFim } from "./prompt/builtinFim.ts";
import { type ChatProfile, chatProfile } from "./prompt/chatTemplate.ts";
import { continuation } from "./prompt/continuation.ts";
import type { CompletionProfile } from "./prompt/profile.ts";
import type { PrefillSpeed } from "./speed.ts";

export interface LoadedModel {
  name: string;
  native: NativeModel;
  completion: CompletionProfile;
  chat: ChatProfile;
  speed: PrefillSpeed;
  /** Tokens of a suggestion whose probability is worth computing: all, or the first where that costs too much. */
  ratedTokens: number;
}

/**
 * Elements of the output matrix up to which every token is rated. The probability of a token takes all logits, where the
 * likeliest one alone can be found with a part of the matrix.
 */
const CHEAP_HEAD = 32 << 20;
const ALL_TOKENS = 1 << 20;

/** Chooses the profiles by what the vocabulary offers. */
export function withProfiles(name: string, native: NativeModel, speed: PrefillSpeed): LoadedModel {
  return {
    name,
    native,
    completion: builtinFim(native.tokenizer) ?? continuation(native.tokenizer),
    chat: chatProfile(native.tokenizer),
    speed,
    ratedTokens: native.config.vocabSize * native.config.hiddenSize <= CHEAP_HEAD ? ALL_TOKENS : 1,
  };
}
