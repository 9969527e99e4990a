/**
 * Answers a conversation, streaming the text.
 */
import type { LoadedModel } from "../model.ts";
import { Priority, type Sampling } from "../native.ts";
import type { ChatParams, ChatResult } from "../protocol.ts";
import type { Scheduler } from "../scheduler.ts";

/** Greedy, with a mild penalty: small models otherwise fall into loops. */
const SAMPLING: Sampling = {
  temperature: 0,
  topK: 0,
  topP: 1,
  minP: 0,
  repetitionPenalty: 1.1,
  repetitionWindow: 64,
  seed: 0,
};
/** The answer may have at most this share of the context; the rest is for the conversation. */
const ANSWER_SHARE = 0.5;

export interface ChatDependencies {
  scheduler: Scheduler;
  /** The loaded model, or the line that says why there is none. */
  model(): LoadedModel | string;
}

/** There is no model to ask; the message says why. */
export class NotReadyError extends Error {
  override name = "NotReadyError";
}

export class ChatService {
  readonly #deps: ChatDependencies;

  constructor(deps: ChatDependencies) {
    this.#deps = deps;
  }

  /**
   * @param onText gets the answer piece by piece, whole characters only, without white space before the first word.
   * @throws NotReadyError when no model is loaded; whatever the runtime throws.
   */
  async chat(
    params: Pick<ChatParams, "messages" | "maxTokens">,
    onText: (text: string) => void,
    signal: AbortSignal,
  ): Promise<ChatResult> {
    const model = this.#deps.model();
    if (typeof model === "string") {
      throw new NotReadyError(model);
    }
    const { contextLength } = model.native.config;
    const maxTokens = Math.max(1, Math.min(params.maxTokens, Math.floor(contextLength * ANSWER_SHARE)));
    const prompt = model.chat.build(params.messages, contextLength - maxTokens);
    let started = false;
    const outcome = await this.#deps.scheduler.chat(
      () =>
        model.native.generate(
          {
            tokens: prompt.tokens,
            maxTokens,
            sampling: SAMPLING,
            stop: prompt.stop,
            stopTokens: prompt.stopTokens,
            priority: Priority.chat,
          },
          (piece) => {
            // The space between "Assistant:" and the first word belongs to neither.
            const text = started ? piece : piece.trimStart();
            if (text !== "") {
              started = true;
              onText(text);
            }
          },
        ),
      signal,
    );
    const result = outcome.result;
    if (result === undefined) {
      return {
        text: "",
        reason: "cancelled",
        promptTokens: 0,
        cachedTokens: 0,
        decodedTokens: 0,
        prefillMs: 0,
        decodeMs: 0,
      };
    }
    const { promptTokens, cachedTokens, decodedTokens, prefillMs, decodeMs } = result;
    const text = result.text.trimStart();
    return { text, reason: endReason(result.reason), promptTokens, cachedTokens, decodedTokens, prefillMs, decodeMs };
  }
}

function endReason(reason: string): ChatResult["reason"] {
  switch (reason) {
    case "cancelled":
      return "cancelled";
    case "length":
    case "context":
      return "length";
    default:
      return "end";
  }
}
