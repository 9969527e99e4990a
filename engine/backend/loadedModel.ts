/**
 * A loaded model together with the ways in which it is prompted.
 */
import type { NativeModel } from "../native.ts";
import { builtinFim } from "../prompt/builtinFim.ts";
import { type ChatProfile, chatProfile } from "../prompt/chatTemplate.ts";
import { continuation } from "../prompt/continuation.ts";
import type { CompletionProfile } from "../prompt/profile.ts";
import { PrefillSpeed } from "./calibration.ts";
import { RemoteModel, serverChat, serverCompletion } from "./remote/remoteModel.ts";
import type { ServerClient } from "./remote/serverClient.ts";

export interface LoadedModel {
  name: string;
  native: NativeModel;
  completion: CompletionProfile;
  chat: ChatProfile;
  speed: PrefillSpeed;
  /** Tokens of a suggestion whose probability is worth computing: all, or the first where that costs too much. */
  ratedTokens: number;
  /** Whether what the open files say is mixed into what the model expects: measured with the built-in one. */
  usesNgramCache: boolean;
  /** Host that the text is sent to; absent where the model runs on this machine. */
  destination?: string;
}

/**
 * Elements of the output matrix up to which every token is rated. The probability of a token takes all logits, where the
 * likeliest one alone can be found with a part of the matrix.
 */
const CHEAP_HEAD = 32 << 20;
const ALL_TOKENS = 1 << 20;

/** Chooses the profiles by what the vocabulary offers, and the chat by what the model's file says of it. */
export function withProfiles(name: string, native: NativeModel, speed: PrefillSpeed, chatTemplate = ""): LoadedModel {
  const isSmall = native.config.vocabSize * native.config.hiddenSize <= CHEAP_HEAD;
  const fillsIn = builtinFim(native.tokenizer);
  return {
    name,
    native,
    completion: fillsIn ?? continuation(native.tokenizer),
    chat: chatProfile(native.tokenizer, chatTemplate),
    speed,
    ratedTokens: isSmall ? ALL_TOKENS : 1,
    usesNgramCache: isSmall && fillsIn !== undefined,
  };
}

/** What a server is taken to read in a second: prompts of full length cost it little. */
const SERVER_TOKENS_PER_SECOND = 2000;

/** A model on a server, which knows its own chat form. */
export function serverModel(client: ServerClient): LoadedModel {
  const native = new RemoteModel(client);
  return {
    name: client.model,
    native,
    completion: serverCompletion(client, native.tokenizer),
    chat: serverChat(native.tokenizer),
    speed: new PrefillSpeed(SERVER_TOKENS_PER_SECOND),
    ratedTokens: 0,
    usesNgramCache: false,
    destination: client.host,
  };
}
