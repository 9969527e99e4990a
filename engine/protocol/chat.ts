/** A single streamed answer of the chat model. */
import { ProgressType, RequestType } from "vscode-jsonrpc";

export interface ChatMessage {
  role: "system" | "user" | "assistant";
  content: string;
}

export interface ChatParams {
  messages: ChatMessage[];
  maxTokens: number;
  /** Token of the {@link chatText} progress on which the text is streamed. */
  progressToken: number;
}

/** Why an answer ended: by itself, at its greatest length, because it went round in circles, or on request. */
export type AnswerEnd = "end" | "length" | "loop" | "cancelled";

export interface ChatStats {
  promptTokens: number;
  cachedTokens: number;
  decodedTokens: number;
  prefillMs: number;
  decodeMs: number;
}

export interface ChatResult extends ChatStats {
  text: string;
  reason: AnswerEnd;
}

export const chatText = new ProgressType<string>();

export const chat = new RequestType<ChatParams, ChatResult, void>("chat");

/** Tokens that a text has for the loaded model. */
export const countTokens = new RequestType<{ text: string }, number, void>("chat/count");
