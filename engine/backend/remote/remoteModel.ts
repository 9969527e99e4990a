/**
 * A server behind the face of a loaded model: everything above it (completions, chat, commands, the scheduler) is the
 * same for both.
 */
import type {
  EndReason,
  GenerateRequest,
  GenerateResult,
  Generation,
  ModelConfig,
  NativeModel,
  PhaseTimes,
} from "../../native.ts";
import type { ChatProfile } from "../../prompt/chatTemplate.ts";
import { continuation } from "../../prompt/continuation.ts";
import { freezeSuffix, suffixHolds } from "../../prompt/frozenSuffix.ts";
import { type CompletionProfile, joinTokens } from "../../prompt/profile.ts";
import type { ChatMessage } from "../../protocol/chat.ts";
import { StopText } from "./answerText.ts";
import type { ServerClient, TextResult } from "./serverClient.ts";
import { TextTokens } from "./textTokens.ts";

/** Servers seldom say how long their context is; this much all of them have. */
const CONTEXT_TOKENS = 4096;
/** First piece of a prompt that is a conversation. No text contains it. */
const CONVERSATION = "\u0000conversation";
/** First piece of a prompt that begins with what follows the answer, and the piece behind that. */
const FILL_IN = "\u0000fill-in";
const NO_MEMORY = { weightBytes: 0, headBytes: 0, kvBytes: 0, kvBudgetBytes: 0 };
const NO_PHASES: PhaseTimes = { bodyMs: 0, attentionMs: 0, headMs: 0, otherMs: 0, headBytes: 0 };

export class RemoteModel implements NativeModel {
  readonly config: ModelConfig = {
    vocabSize: 1,
    hiddenSize: 1,
    layerCount: 1,
    headCount: 1,
    kvHeadCount: 1,
    headDim: 1,
    ffnSize: 1,
    contextLength: CONTEXT_TOKENS,
    tiedHead: true,
  };
  readonly tokenizer = new TextTokens();
  readonly kernel = "server";
  readonly threads = 0;
  readonly memory = NO_MEMORY;
  readonly #client: ServerClient;
  readonly #running = new Set<AbortController>();

  constructor(client: ServerClient) {
    this.#client = client;
  }

  generate(request: GenerateRequest, onText: (text: string) => void = () => {}): Generation {
    const controller = new AbortController();
    this.#running.add(controller);
    const done = this.#run(request, onText, controller.signal).finally(() => this.#running.delete(controller));
    return { cancel: () => controller.abort(), done };
  }

  async #run(request: GenerateRequest, onText: (text: string) => void, signal: AbortSignal): Promise<GenerateResult> {
    const started = performance.now();
    let first: number | undefined;
    let text = "";
    const finish = (reason: EndReason): GenerateResult => {
      const tokens = this.tokenizer.encode(text);
      const ended = performance.now();
      const prefillMs = (first ?? ended) - started;
      return {
        text,
        tokens,
        logits: new Float32Array(),
        probabilities: new Float32Array(Math.min(tokens.length, request.ratedTokens ?? 0)).fill(1),
        reason,
        promptTokens: request.tokens.length,
        cachedTokens: 0,
        prefilledTokens: request.tokens.length,
        decodedTokens: tokens.length,
        draftedTokens: 0,
        acceptedTokens: 0,
        queueMs: 0,
        prefillMs,
        decodeMs: ended - started - prefillMs,
        prefillPhases: NO_PHASES,
        decodePhases: NO_PHASES,
      };
    };
    // Nothing is computed ahead of need on a machine that others wait for.
    if (request.maxTokens === 0) return finish("length");
    const stop = new StopText(request.stop);
    const stopped = new AbortController();
    const take = (piece: string) => {
      first ??= performance.now();
      const added = stop.take(piece);
      text += added;
      if (added !== "") onText(added);
      if (stop.found) stopped.abort();
    };
    try {
      const result = await this.#ask(request, take, AbortSignal.any([signal, stopped.signal]));
      take("");
      const rest = stop.end();
      text += rest;
      if (rest !== "") onText(rest);
      return finish(stop.found || result.end !== "length" ? "stop-text" : "length");
    } catch (error) {
      if (stop.found) return finish("stop-text");
      if (signal.aborted) return finish("cancelled");
      throw error;
    }
  }

  #ask(request: GenerateRequest, onText: (text: string) => void, signal: AbortSignal): Promise<TextResult> {
    const { maxTokens, sampling, stop } = request;
    const how = { maxTokens, temperature: sampling.temperature, stop, signal, onText };
    const first = request.tokens.subarray(0, 1);
    const kind = this.tokenizer.decode(first);
    if (kind === CONVERSATION) {
      const messages = JSON.parse(this.tokenizer.decode(request.tokens.subarray(1))) as ChatMessage[];
      const opening = messages.at(-1)?.role === "assistant" ? (messages.pop()?.content ?? "") : "";
      return this.#client.chat(() => messages, { text: opening, isContinued: false }, how);
    }
    const end = kind === FILL_IN ? request.tokens.lastIndexOf(first[0] ?? -1) : -1;
    const suffix = this.tokenizer.decode(request.tokens.subarray(1, Math.max(1, end)));
    const prompt = this.tokenizer.decode(request.tokens.subarray(end + 1)) + (request.forcedPrefix ?? "");
    return this.#client.complete(prompt, how, suffix);
  }

  logits(): Promise<Float32Array> {
    return Promise.reject(new Error("A server does not give its logits."));
  }

  clearCache(): void {}

  async close(): Promise<void> {
    for (const controller of this.#running) controller.abort();
  }
}

/** What follows the cursor goes to servers that fill in beside the prompt: they know the form of their model. */
export function serverCompletion(client: Pick<ServerClient, "fillsIn">, tokenizer: TextTokens): CompletionProfile {
  const plain = continuation(tokenizer);
  const marker = tokenizer.number(FILL_IN);
  return {
    get name() {
      return client.fillsIn ? "fill-in-the-middle" : "continuation";
    },
    canExtend(context, state) {
      const { restOfLine, below } = context;
      const isFillIn = state.suffix !== undefined;
      const fits = state.suffix === undefined || suffixHolds(restOfLine, below, state.suffix);
      return isFillIn === client.fillsIn && fits && plain.canExtend(context, state);
    },
    build(context, budget, state, relatedChunks) {
      if (!client.fillsIn) return plain.build(context, budget, state, relatedChunks);
      const encode = (text: string) => tokenizer.encode(text);
      const suffix = freezeSuffix(context.restOfLine, context.below, budget.suffix, encode, state?.suffix);
      const prompt = plain.build(context, { ...budget, suffix: 0 }, state, relatedChunks);
      const tokens = joinTokens([marker, suffix.tokens, marker, prompt.tokens]);
      return { ...prompt, tokens, state: { ...prompt.state, suffix } };
    },
  };
}

/** Conversations go to the server as they are: it knows its model's form. */
export function serverChat(tokenizer: TextTokens): ChatProfile {
  const marker = tokenizer.number(CONVERSATION);
  return {
    answers: true,
    cost: ({ content }) => tokenizer.encode(content).length,
    build(messages, budget, opening = "") {
      const kept = newestThatFit(messages, budget, (text) => tokenizer.encode(text).length);
      const all = opening === "" ? kept : [...kept, { role: "assistant" as const, content: opening }];
      const tokens = Uint32Array.of(marker, ...tokenizer.encode(JSON.stringify(all)));
      return { tokens, stop: [], stopTokens: new Uint32Array() };
    },
  };
}

/** The system message and as many of the newest as there is room for, at least the last. */
function newestThatFit(messages: ChatMessage[], budget: number, count: (text: string) => number): ChatMessage[] {
  const system = messages[0]?.role === "system" ? messages.slice(0, 1) : [];
  const rest = messages.slice(system.length);
  let room = budget - system.reduce((sum, { content }) => sum + count(content), 0);
  let from = rest.length;
  while (from > 0) {
    room -= count(rest[from - 1]?.content ?? "");
    if (room < 0 && from < rest.length) break;
    from--;
  }
  return [...system, ...rest.slice(from)];
}
