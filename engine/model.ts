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
}

/** Chooses the profiles by what the vocabulary offers. */
export function withProfiles(name: string, native: NativeModel, speed: PrefillSpeed): LoadedModel {
  return {
    name,
    native,
    completion: builtinFim(native.tokenizer) ?? continuation(native.tokenizer),
    chat: chatProfile(native.tokenizer),
    speed,
  };
}
