/**
 * The backend of a model on a server. Only the server knows the model's tokens and the form of its conversations, so
 * lengths are estimated here.
 */
import { type Clock, realClock } from "../../clock.ts";
import { affordablePrompt, promptBudget } from "../../prompt/budget.ts";
import { newestMessagesThatFit } from "../../prompt/messagesThatFit.ts";
import type { ChatMessage } from "../../protocol/chat.ts";
import type { ModelSummary } from "../../protocol/status.ts";
import {
  type Answer,
  type AnswerStats,
  type Backend,
  type Capabilities,
  type ChatRequest,
  type CompletionAnswer,
  type CompletionRequest,
  NO_STATS,
  type Prepared,
  type PromptOwner,
} from "../backend.ts";
import type { Activity, ServerClient, TextRequest, TextResult } from "./serverClient.ts";
import { buildServerPrompt, canExtend, type ServerPromptState } from "./serverPrompt.ts";
import { estimateTokens } from "./tokenEstimate.ts";

/** The assumed number of tokens that a server reads per second, so that prompts of full length are sent. */
const TOKENS_PER_SECOND = 2000;
/** How many times the tokens of a line a block may have. */
const BLOCK_TOKENS = 3;
/** The assumed context in tokens if neither the settings nor the server tell it. A server's refusal corrects it. */
const USUAL_CONTEXT = 8192;
/** Tokens that a message takes in addition to its content: role and markers. */
const MESSAGE_TOKENS = 4;
/** If a prompt takes more milliseconds than this to read, the user is told. */
const SLOW_MS = 1_500;

export class RemoteBackend implements Backend {
  readonly name: string;
  readonly weightBytes = 0;
  readonly prefillTokensPerSecond = TOKENS_PER_SECOND;
  readonly emptyChatTokens = MESSAGE_TOKENS;
  readonly #client: ServerClient;
  readonly #clock: Clock;
  readonly #states = new WeakMap<PromptOwner, ServerPromptState>();
  readonly #running = new Set<AbortController>();

  constructor(client: ServerClient, clock: Clock = realClock) {
    this.#client = client;
    this.#clock = clock;
    this.name = client.model;
  }

  get capabilities(): Capabilities {
    return { chat: true, contextTokens: this.#client.contextTokens ?? USUAL_CONTEXT, ngramCache: false };
  }

  get destination(): string {
    return this.#client.host;
  }

  complete(request: CompletionRequest): Prepared<CompletionAnswer> {
    const { owner, context, maxTokens, relatedChunks, shape, isAhead } = request;
    // Nothing is computed in advance on a machine that other people wait for.
    if (isAhead) return () => finished({ ...NOTHING, pieces: [], healedTokens: 0 });
    const budget = promptBudget(this.capabilities.contextTokens, maxTokens, affordablePrompt(TOKENS_PER_SECOND));
    const known = this.#states.get(owner);
    const { fillsIn } = this.#client;
    const state =
      known !== undefined && (known.suffix !== undefined) === fillsIn && canExtend(context, known) ? known : undefined;
    const { prompt, suffix, state: next } = buildServerPrompt(context, budget, fillsIn, relatedChunks, state);
    this.#states.set(owner, next);
    return this.#prepared(
      estimateTokens(prompt) + estimateTokens(suffix),
      (how) =>
        this.#client.complete(
          prompt,
          {
            ...how,
            maxTokens: shape === "block" ? maxTokens * BLOCK_TOKENS : maxTokens,
            stop: shape === "block" ? [] : ["\n"],
          },
          suffix,
        ),
      (answer) => ({ ...answer, pieces: [{ end: answer.text.length, probability: 1 }], healedTokens: 0 }),
    );
  }

  warm(): Prepared<Answer> {
    return () => finished(NOTHING);
  }

  chat(request: ChatRequest): Prepared<Answer> {
    const { messages, opening, isContinued, maxTokens, stop, onActivity = () => {}, onThought } = request;
    const beside = maxTokens + estimateTokens(opening) + MESSAGE_TOKENS;
    const fitting = (contextTokens = USUAL_CONTEXT) =>
      newestMessagesThatFit(messages, contextTokens - beside, (message) => this.messageTokens(message));
    const prompt = fitting(this.#client.contextTokens).reduce((sum, one) => sum + this.messageTokens(one), 0);
    return this.#prepared(
      prompt + MESSAGE_TOKENS,
      async (how) => {
        const slow = new AbortController();
        const tell = (activity: Activity | "reading") => {
          slow.abort();
          onActivity(ACTIVITIES[activity]);
        };
        void this.#clock.wait(SLOW_MS, AbortSignal.any([slow.signal, how.signal])).then((passed) => {
          if (passed) tell("reading");
        });
        const onText = (text: string) => {
          if (!slow.signal.aborted) slow.abort();
          onActivity("");
          how.onText(text);
        };
        const thoughts = onThought && { onThought };
        const asked = { ...how, onText, onActivity: tell, ...thoughts, maxTokens, stop: [...stop] };
        try {
          return await this.#client.chat(fitting, { text: opening, isContinued }, asked);
        } finally {
          slow.abort();
        }
      },
      (answer) => answer,
    );
  }

  warmChat(): Prepared<Answer> {
    return () => finished(NOTHING);
  }

  countTokens(text: string): number {
    return estimateTokens(text);
  }

  messageTokens({ content }: ChatMessage): number {
    return estimateTokens(content) + MESSAGE_TOKENS;
  }

  summary(): ModelSummary {
    const { contextTokens } = this.capabilities;
    return {
      destination: this.destination,
      name: this.name,
      kernel: "server",
      threads: 0,
      chat: true,
      contextLength: contextTokens,
      prefillTokensPerSecond: TOKENS_PER_SECOND,
      promptTokens: Math.min(affordablePrompt(TOKENS_PER_SECOND), contextTokens),
    };
  }

  async close(): Promise<void> {
    for (const controller of this.#running) controller.abort();
  }

  #prepared<R>(
    promptTokens: number,
    ask: (how: Pick<TextRequest, "temperature" | "signal" | "onText">) => Promise<TextResult>,
    answer: (answer: Answer) => R,
  ): Prepared<R> {
    return (onText = () => {}) => {
      const controller = new AbortController();
      this.#running.add(controller);
      const done = this.#run(promptTokens, ask, onText, controller.signal).finally(() =>
        this.#running.delete(controller),
      );
      return { cancel: () => controller.abort(), done: done.then(answer) };
    };
  }

  async #run(
    promptTokens: number,
    ask: (how: Pick<TextRequest, "temperature" | "signal" | "onText">) => Promise<TextResult>,
    onText: (text: string) => void,
    signal: AbortSignal,
  ): Promise<Answer> {
    const started = this.#clock.now();
    let first: number | undefined;
    let text = "";
    const take = (piece: string) => {
      first ??= this.#clock.now();
      text += piece;
      onText(piece);
    };
    const stats = (counted = 0): AnswerStats => {
      const ended = this.#clock.now();
      const prefillMs = (first ?? ended) - started;
      const tokens = counted || promptTokens;
      const decoded = { decodedTokens: estimateTokens(text), decodeMs: ended - started - prefillMs };
      return { ...NO_STATS, promptTokens: tokens, prefilledTokens: tokens, prefillMs, ...decoded };
    };
    try {
      const result = await ask({ temperature: 0, signal, onText: take });
      return { text, reason: result.end === "length" ? "length" : "end", ...stats(result.promptTokens) };
    } catch (error) {
      if (!signal.aborted) throw error;
      return { text, reason: "cancelled", ...stats() };
    }
  }
}

const NOTHING: Answer = { text: "", reason: "length", ...NO_STATS };

const ACTIVITIES: Record<Activity | "reading", string> = {
  reading: "The server is reading your prompt.",
  thinking: "The model is thinking.",
  loading: "The server is loading its model.",
};

function finished<R>(answer: R) {
  return { cancel: () => {}, done: Promise.resolve(answer) };
}
