/** Writes one answer and streams its text: what the chat, the commands and other extensions have in common. */
import { type Answer, type Backend, type BackendChoice, NO_STATS } from "../backend/backend.ts";
import type { Scheduler } from "../backend/scheduler.ts";
import { SYSTEM } from "../prompt/taskPrompts.ts";
import type { AnswerEnd, ChatMessage, ChatResult } from "../protocol/chat.ts";
import { LoopDetector } from "./loopDetector.ts";

/** The answer may have at most this share of the context; the rest is for the conversation. */
const ANSWER_SHARE = 0.5;

export interface AnswererDependencies {
  scheduler: Scheduler;
  /** The backend, or the reason why there is none. */
  backend(): BackendChoice;
  /** The same, after a model that was unloaded has been loaded again. Default {@link backend}. */
  awaken?(): Promise<BackendChoice>;
}

export interface AnswerRequest {
  /** Without a system message they get that of the chat and the commands. */
  messages: ChatMessage[];
  maxTokens: number;
  /** The beginning of the answer, which is written already and is not part of the text. */
  opening?: string;
  /** Whether the opening is an answer that was interrupted. Default false: it is the form that the answer must have. */
  isContinued?: boolean;
  /** The answer ends before any of these, in addition to those of the model's family. */
  stop?: string[];
  /**
   * Whether the answer is code, which repeats names, so that a penalty for repetitions would do harm. Default false.
   */
  isCode?: boolean;
  /** Whether a model that can think aloud may do so before it answers. Default false. */
  isThinking?: boolean;
  /** Called with what the model thinks before it answers, piece by piece. */
  onThought?(text: string): void;
  /** Called with what the answer waits for, in one sentence for people; "" when it begins. */
  onActivity?(text: string): void;
}

export const SYSTEM_MESSAGE: ChatMessage = { role: "system", content: SYSTEM };

/** There is no model to ask; the message says why. */
export class NotReadyError extends Error {
  override name = "NotReadyError";
}

export class Answerer {
  readonly #deps: AnswererDependencies;

  constructor(deps: AnswererDependencies) {
    this.#deps = deps;
  }

  /** @throws NotReadyError when there is none. */
  get backend(): Backend {
    return ready(this.#deps.backend());
  }

  /**
   * @param onText receives the answer piece by piece, in whole characters, and without white space before the first
   * word of an answer without an opening.
   * @throws NotReadyError when there is no backend, and whatever the backend throws.
   */
  async answer(request: AnswerRequest, onText: (text: string) => void, signal: AbortSignal): Promise<ChatResult> {
    const { awaken } = this.#deps;
    const backend = awaken === undefined ? this.backend : ready(await awaken());
    const { contextTokens } = backend.capabilities;
    const maxTokens = Math.max(1, Math.min(request.maxTokens, Math.floor(contextTokens * ANSWER_SHARE)));
    const hasSystem = request.messages[0]?.role === "system";
    const { opening = "", isContinued = false, stop = [], isCode = false, isThinking = false } = request;
    const { onActivity, onThought } = request;
    const start = backend.chat({
      messages: hasSystem ? request.messages : [SYSTEM_MESSAGE, ...request.messages],
      opening,
      isContinued,
      maxTokens,
      stop,
      isCode,
      isThinking,
      ...(onActivity && { onActivity }),
      ...(onThought && { onThought }),
    });
    const loops = new LoopDetector();
    const looping = new AbortController();
    let text = "";
    const onPiece = (piece: string) => {
      if (looping.signal.aborted) return;
      // The space between "Assistant:" and the first word is part of neither.
      const added = text === "" && opening === "" ? piece.trimStart() : piece;
      if (added === "") return;
      text += added;
      onText(added);
      if (loops.push(added)) looping.abort();
    };
    const { result } = await this.#deps.scheduler.chat<Answer>(
      () => start(onPiece),
      AbortSignal.any([signal, looping.signal]),
    );
    const { promptTokens, cachedTokens, decodedTokens, prefillMs, decodeMs } = result ?? NO_STATS;
    const reason: AnswerEnd =
      result === undefined ? "cancelled" : looping.signal.aborted ? "loop" : ENDS[result.reason];
    return { text, reason, promptTokens, cachedTokens, decodedTokens, prefillMs, decodeMs };
  }

  /** Computes the beginning of a prompt in advance. */
  async expect(messages: ChatMessage[], signal: AbortSignal): Promise<void> {
    const start = this.backend.warmChat(messages);
    await this.#deps.scheduler.warm(() => start(), signal);
  }
}

function ready(choice: BackendChoice): Backend {
  if (choice.kind === "none") throw new NotReadyError(choice.reason);
  return choice.backend;
}

const ENDS: Record<Answer["reason"], AnswerEnd> = {
  end: "end",
  unsure: "end",
  length: "length",
  cancelled: "cancelled",
};
