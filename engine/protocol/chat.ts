/** A single streamed answer of the chat model. */
import * as v from "valibot";
import { ProgressType } from "vscode-jsonrpc";
import { count, number, request, text } from "./checked.ts";

export const chatMessage = v.object({ role: v.picklist(["system", "user", "assistant"]), content: text });
export type ChatMessage = v.InferOutput<typeof chatMessage>;

export const chatParams = v.object({
  messages: v.array(chatMessage),
  maxTokens: count,
  /** The token of the {@link chatText} progress with which the text is streamed. */
  progressToken: number,
});
export type ChatParams = v.InferOutput<typeof chatParams>;

/** Why an answer ended: by itself, at its maximum length, because it repeated itself, or on request. */
export type AnswerEnd = "end" | "length" | "loop" | "cancelled";

export const chatStats = v.object({
  promptTokens: number,
  cachedTokens: number,
  decodedTokens: number,
  prefillMs: number,
  decodeMs: number,
});
export type ChatStats = v.InferOutput<typeof chatStats>;

export interface ChatResult extends ChatStats {
  text: string;
  reason: AnswerEnd;
}

export const chatText = new ProgressType<string>();

export const chat = request<ChatResult>()("chat", chatParams);

/** The number of tokens in a text for the loaded model. */
export const countTokens = request<number>()("chat/count", v.object({ text }));
