/**
 * Writes one answer, streaming the text: what the chat, the commands and other extensions have in common.
 */
import type { LoadedModel } from "../backend/loadedModel.ts";
import type { Scheduler } from "../backend/scheduler.ts";
import { Priority, type Sampling } from "../native.ts";
import { SYSTEM } from "../prompt/taskPrompts.ts";
import type { AnswerEnd, ChatMessage, ChatResult } from "../protocol/chat.ts";
import { LoopDetector } from "./loopDetector.ts";

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

export interface AnswerDependencies {
  scheduler: Scheduler;
  /** The loaded model, or the line that says why there is none. */
  model(): LoadedModel | string;
}

export interface AnswerRequest {
  /** Without a system message they get the one of the chat and the commands. */
  messages: ChatMessage[];
  maxTokens: number;
  /** What the answer begins with, already written; it is no part of the text. */
  opening?: string;
  /** The answer ends before any of these, beside what the model's family has. */
  stop?: string[];
  /** Code repeats its names: there the penalty does harm. */
  isCode?: boolean;
}

export const SYSTEM_MESSAGE: ChatMessage = { role: "system", content: SYSTEM };

/** There is no model to ask; the message says why. */
export class NotReadyError extends Error {
  override name = "NotReadyError";
}

export class Answerer {
  readonly #deps: AnswerDependencies;

  constructor(deps: AnswerDependencies) {
    this.#deps = deps;
  }

  /** @throws NotReadyError when no model is loaded. */
  get model(): LoadedModel {
    const model = this.#deps.model();
    if (typeof model === "string") {
      throw new NotReadyError(model);
    }
    return model;
  }

  /**
   * @param onText gets the answer piece by piece, whole characters only, without white space before the first word of an
   *   answer that was not begun.
   * @throws NotReadyError when no model is loaded; whatever the runtime throws.
   */
  async answer(request: AnswerRequest, onText: (text: string) => void, signal: AbortSignal): Promise<ChatResult> {
    const model = this.model;
    const { contextLength } = model.native.config;
    const maxTokens = Math.max(1, Math.min(request.maxTokens, Math.floor(contextLength * ANSWER_SHARE)));
    const hasSystem = request.messages[0]?.role === "system";
    const messages = hasSystem ? request.messages : [SYSTEM_MESSAGE, ...request.messages];
    const prompt = model.chat.build(messages, contextLength - maxTokens, request.opening);
    const loops = new LoopDetector();
    const looping = new AbortController();
    let text = "";
    const onPiece = (piece: string) => {
      if (looping.signal.aborted) {
        return;
      }
      // The space between "Assistant:" and the first word belongs to neither.
      const added = text === "" && !request.opening ? piece.trimStart() : piece;
      if (added !== "") {
        text += added;
        onText(added);
        if (loops.push(added)) {
          looping.abort();
        }
      }
    };
    const { result } = await this.#deps.scheduler.chat(
      () =>
        model.native.generate(
          {
            tokens: prompt.tokens,
            maxTokens,
            sampling: request.isCode ? { ...SAMPLING, repetitionPenalty: 1 } : SAMPLING,
            stop: [...prompt.stop, ...(request.stop ?? [])],
            stopTokens: prompt.stopTokens,
            priority: Priority.chat,
          },
          onPiece,
        ),
      AbortSignal.any([signal, looping.signal]),
    );
    if (result === undefined) {
      return { text, reason: "cancelled", ...NOTHING };
    }
    model.speed.observe(result);
    const { promptTokens, cachedTokens, decodedTokens, prefillMs, decodeMs } = result;
    const reason = looping.signal.aborted ? "loop" : endReason(result.reason);
    return { text, reason, promptTokens, cachedTokens, decodedTokens, prefillMs, decodeMs };
  }

  /** Computes the beginning of a prompt ahead of need. */
  async expect(messages: ChatMessage[], signal: AbortSignal): Promise<void> {
    const model = this.model;
    const { tokens } = model.chat.build(messages, model.native.config.contextLength);
    const job = {
      tokens,
      maxTokens: 0,
      sampling: SAMPLING,
      stop: [],
      stopTokens: new Uint32Array(),
      priority: Priority.warm,
    };
    await this.#deps.scheduler.warm(() => model.native.generate(job), signal);
  }
}

const NOTHING = { promptTokens: 0, cachedTokens: 0, decodedTokens: 0, prefillMs: 0, decodeMs: 0 };

function endReason(reason: string): AnswerEnd {
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
