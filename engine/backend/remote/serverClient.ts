/**
 * Asks a server with an OpenAI-compatible interface: for its models, and for completions and answers of the chat, which
 * are streamed. What the server refuses by name is left out of this request and of later ones (requestShape.ts).
 */
import { type Clock, realClock } from "../../clock.ts";
import { parseJson } from "../../net/json.ts";
import type { NetSettings, Reply } from "../../net/request.ts";
import { WithoutThoughts } from "../../prompt/withoutThoughts.ts";
import type { ChatMessage } from "../../protocol/chat.ts";
import type { ServerSettings } from "../../protocol/settings.ts";
import { noInterface, OnlyThoughtsError, readAnswer } from "./answerStream.ts";
import { contextLength } from "./contextLength.ts";
import { findModel, firstModel, isLlamaCppPython, type Listed, readModelList } from "./modelList.ts";
import { adapt, type Opening, type RequestShape, shapeMessages, USUAL } from "./requestShape.ts";
import { readEvent } from "./serverAnswer.ts";
import { MOST_LIST_BYTES, readAll, ServerConnection } from "./serverConnection.ts";
import { isAboutModel, reasonIn, ServerError } from "./serverErrors.ts";
import { AfterOpening } from "./streamedText.ts";

export interface TextRequest {
  maxTokens: number;
  temperature: number;
  /** The answer ends before the first of these. */
  stop: readonly string[];
  signal: AbortSignal;
  onText(text: string): void;
  /** Called when the model begins to think, and when the server is loading its model and has to be asked again. */
  onActivity?(activity: Activity): void;
  /** Called with what the model thinks before it answers, piece by piece. */
  onThought?(text: string): void;
}

export type Activity = "thinking" | "loading";

export interface TextResult {
  text: string;
  end: "end" | "length" | "filtered";
  /** Whether a stop string has ended it. */
  isStopped: boolean;
  /** How many tokens the prompt has by the server's count; 0 if it has not counted them. */
  promptTokens: number;
}

export interface ServerClientOptions {
  settings: ServerSettings;
  net: NetSettings;
  /** Measures the pauses before the server is asked again. Default: the real time. */
  clock?: Clock;
}

/** How many times a refused request is changed and sent again. */
const MOST_CHANGES = 10;
/** The longest silence within an answer, in milliseconds. A server whose memory is swapped out may be that slow. */
const IDLE_MS = 300_000;
/** The length of a suffix in words that is long enough to be noticed in the server's count of the prompt's tokens. */
const PROBE_WORDS = 48;
/**
 * Milliseconds before a server that is loading its model is asked again. Each pause is twice the one before, up to
 * LONGEST_WAIT_MS.
 */
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 15_000;
/** After this many milliseconds of such pauses the request fails. */
const MOST_WAIT_MS = 600_000;
/** By what the tokens of an answer are multiplied after the model's thoughts have left no room for an answer. */
const THINKING_ROOM = 8;
/** Milliseconds without completions after a server has said that it is overloaded. They are doubled each time. */
const FIRST_REST_MS = 1_000;
const LONGEST_REST_MS = 30_000;

export class ServerClient {
  readonly #connection: ServerConnection;
  readonly #settings: ServerSettings;
  readonly #clock: Clock;
  #model: string;
  #models: Listed[] = [];
  #listed: Listed | undefined;
  #shape: RequestShape = USUAL;
  #fillsIn = false;
  #hasCompletions = true;
  #contextTokens: number | undefined;
  /**
   * Whether thoughts begin with a mark in the answer. The templates of models that always think put that mark into the
   * prompt, so that the answer has only the closing one.
   */
  #thoughts: "marked" | "unmarked";
  /** The error with which the server reported an overload, and the time until which no completions are requested. */
  #overload: { error: ServerError; until: number; restMs: number } | undefined;

  /** @throws ServerError with one line when the address is none, or may not be asked */
  constructor({ settings, net, clock = realClock }: ServerClientOptions) {
    this.#connection = new ServerConnection(settings, net);
    this.#settings = settings;
    this.#clock = clock;
    this.#model = settings.model;
    this.#thoughts = THINKS.test(settings.model) ? "unmarked" : "marked";
  }

  get host(): string {
    return this.#connection.address.host;
  }

  get model(): string {
    return this.#model;
  }

  /** Whether completions take what follows the cursor into account, as far as that is known. */
  get fillsIn(): boolean {
    return this.#fillsIn && this.#shape.suffix;
  }

  /** How many tokens a prompt and its answer may have together by the settings or the server; undefined if unknown. */
  get contextTokens(): number | undefined {
    const known = this.#settings.contextTokens || this.#contextTokens;
    const refused = this.#shape.contextTokens;
    return refused > 0 ? Math.min(refused, known || refused) : known;
  }

  /**
   * Makes sure that the server answers and has the model.
   * @throws ServerError, NetError or the signal's reason
   */
  async connect(signal: AbortSignal): Promise<void> {
    const models = await this.#findModels(signal);
    this.#models = models ?? [];
    if (this.#model === "") this.#model = firstModel(this.#models)?.id ?? "";
    if (this.#model === "") throw this.#noModel();
    this.#listed = findModel(this.#models, this.#model);
    if (this.#listed !== undefined) this.#model = this.#listed.id;
    // A server may list no models, or know more names than it lists. A short question shows whether it has the model.
    else await this.#tryModel(signal);
    if (THINKS.test(this.#model)) this.#thoughts = "unmarked";
    const ask = (path: string, body?: object) => this.#connection.probe(path, signal, body);
    const { isOwn } = this.#connection.address;
    this.#contextTokens = await contextLength(this.#model, this.#listed, ask, isOwn);
    signal.throwIfAborted();
  }

  /**
   * Finds out whether the server uses the suffix of a completion, by asking for one token. Some servers refuse a
   * suffix, and some ignore it, which shows in their count of the prompt's tokens. Never rejects.
   */
  async learnFillIn(signal: AbortSignal): Promise<void> {
    if (isLlamaCppPython(this.#listed)) return;
    const body = {
      model: this.#model,
      prompt: "one",
      suffix: " two".repeat(PROBE_WORDS),
      max_tokens: 1,
      temperature: 0,
    };
    try {
      const reply = await this.#connection.send("completions", body, signal);
      const [part] = readEvent(await readAll(reply, MOST_LIST_BYTES), this.host);
      this.#fillsIn = part !== undefined && part.promptTokens >= PROBE_WORDS;
    } catch (error) {
      // The server uses no suffix, or cannot be asked now. Completions then have the prompt alone.
      if (isNoCompletions(error)) this.#hasCompletions = false;
    }
  }

  /**
   * @param suffix what follows the answer; "" where that does not matter
   * @throws ServerError, NetError or the signal's reason
   */
  async complete(prompt: string, request: TextRequest, suffix = ""): Promise<TextResult> {
    if (!this.#hasCompletions) throw new ServerError(chatOnly(this.host, this.#model));
    if (this.#overload !== undefined && this.#clock.now() < this.#overload.until) throw this.#overload.error;
    const write = (shape: RequestShape) => ({
      prompt,
      ...(suffix !== "" && this.#fillsIn && shape.suffix && { suffix }),
    });
    try {
      const result = await this.#ask("completions", write, request);
      this.#overload = undefined;
      return result;
    } catch (error) {
      this.#noteOverload(error);
      // If the server has listed its models, its address is right, and only completions are missing.
      if (!isNoCompletions(error) || this.#models.length === 0) throw error;
      this.#hasCompletions = false;
      throw new ServerError(chatOnly(this.host, this.#model));
    }
  }

  /**
   * @param messages returns the conversation in at most so many tokens; undefined when the server's limit is not known
   * @param opening the beginning of the answer
   * @throws ServerError, NetError or the signal's reason
   */
  chat(
    messages: (contextTokens: number | undefined) => readonly ChatMessage[],
    opening: Opening,
    request: TextRequest,
  ): Promise<TextResult> {
    const write = (shape: RequestShape) => ({
      messages: shapeMessages(messages(this.contextTokens), opening, shape),
      ...(opening.text !== "" && shape.opening === "continued" && CONTINUED),
    });
    return this.#waitingWhileLoading(request, () => this.#ask("chat/completions", write, request, opening));
  }

  /** After an overload no completions are requested for a while, because every keystroke would add to it. */
  #noteOverload(error: unknown): void {
    if (!(error instanceof ServerError) || ![429, 503, 529].includes(error.status)) return;
    const restMs = Math.min(2 * (this.#overload?.restMs ?? FIRST_REST_MS / 2), LONGEST_REST_MS);
    const until = this.#clock.now() + Math.max(restMs, error.retryAfterMs);
    this.#overload = { error, until, restMs };
  }

  /** Asks again while the server says that it is loading its model. */
  async #waitingWhileLoading(request: TextRequest, ask: () => Promise<TextResult>): Promise<TextResult> {
    let waited = 0;
    for (let pause = FIRST_WAIT_MS; ; pause = Math.min(2 * pause, LONGEST_WAIT_MS)) {
      try {
        return await ask();
      } catch (error) {
        const isLoading = error instanceof ServerError && error.status === 503 && waited < MOST_WAIT_MS;
        if (!isLoading) throw error;
        request.onActivity?.("loading");
        const next = Math.min(Math.max(pause, error.retryAfterMs), LONGEST_WAIT_MS);
        waited += next;
        if (!(await this.#clock.wait(next, request.signal))) throw request.signal.reason;
      }
    }
  }

  /** Sends a request, and sends it again without what the server refuses, as long as no text of the answer has come. */
  async #ask(
    path: string,
    write: (shape: RequestShape) => object,
    request: TextRequest,
    opening: Opening = { text: "", isContinued: false },
  ): Promise<TextResult> {
    const before = this.#shape;
    let hasText = false;
    let hasThought = false;
    const onText = (text: string) => {
      hasText = true;
      request.onText(text);
    };
    for (let changes = 0; ; changes++) {
      const shape = this.#shape;
      const body = { model: this.#model, ...write(shape), ...parameters(shape, request) };
      try {
        const reply = await this.#connection.send(path, body, request.signal, { idleMs: IDLE_MS, firstByteMs: 0 });
        // When a question is sent again, the model may think again. Only the thoughts of one attempt are passed on.
        const isFirst = !hasThought;
        const onThought = (text: string) => {
          hasThought = true;
          if (isFirst) request.onThought?.(text);
        };
        return await this.#read(
          reply,
          { ...request, onText, onThought },
          opening,
          path === "completions" ? undefined : shape,
        );
      } catch (error) {
        if (!(error instanceof ServerError) || hasText) throw error;
        const next = this.#adapted(shape, error);
        if (next === undefined || changes >= MOST_CHANGES) {
          // What has not helped is not kept: the cause was another one, for example an overload.
          if (this.#shape === shape && !hasThought) this.#shape = before;
          throw this.#withModels(error);
        }
        this.#shape = next;
      }
    }
  }

  #adapted(shape: RequestShape, error: ServerError): RequestShape | undefined {
    if (error instanceof OnlyThoughtsError) {
      return shape.thinkingRoom === 1 ? { ...shape, thinkingRoom: THINKING_ROOM } : undefined;
    }
    if (error.said === "" && error.status === 0) return undefined;
    // The refusal may name the length of the context. Otherwise half of the assumed length is tried.
    const contextTokens = shape.contextTokens || this.contextTokens || DEFAULT_CONTEXT;
    // Some servers begin their stream with success before they examine the request, so the error has no status.
    const next = adapt({ ...shape, contextTokens }, error.status || 400, error.said);
    if (next === undefined) return undefined;
    return next.contextTokens === contextTokens ? { ...next, contextTokens: shape.contextTokens } : next;
  }

  /** @param shape of the request in the chat; undefined for a completion, for which no template is used */
  async #read(reply: Reply, request: TextRequest, opening: Opening, shape?: RequestShape): Promise<TextResult> {
    const sent = shape?.opening === "left out" ? "not" : shape?.trimsOpening ? "trimmed" : "whole";
    const isNew = shape !== undefined && (opening.text === "" || sent === "not");
    const begin = isNew ? this.#thoughts : "marked";
    const { result, beganUnmarked } = await readAnswer(reply, request, {
      model: this.#model,
      host: this.host,
      givesUp: isLlamaCppPython(this.#listed),
      clock: this.#clock,
      opening: new AfterOpening(opening.text, sent),
      thoughts: new WithoutThoughts(begin, request.onThought),
    });
    if (begin === "unmarked" && !beganUnmarked && result.end !== "length") this.#thoughts = "marked";
    return result;
  }

  /** The models of the first base that has a list; undefined when none has. */
  async #findModels(signal: AbortSignal): Promise<Listed[] | undefined> {
    let first: unknown;
    for (const base of this.#connection.address.bases) {
      this.#connection.base = base;
      try {
        const reply = await this.#connection.send("models", undefined, signal);
        const models = readModelList(parseJson(await readAll(reply, MOST_LIST_BYTES)));
        if (models === undefined) throw new ServerError(noInterface(this.host), 404);
        return models;
      } catch (error) {
        first ??= error;
        const isMissing = error instanceof ServerError && [404, 405, 501].includes(error.status);
        if (!isMissing) throw error;
      }
    }
    // A server need not list its models if the settings name one.
    if (this.#model === "") throw first;
    return undefined;
  }

  /** @throws ServerError when the server does not know the model */
  async #tryModel(signal: AbortSignal): Promise<void> {
    const request = { maxTokens: 1, temperature: 0, stop: [], signal, onText: () => {} };
    const { address, base: found } = this.#connection;
    const bases = this.#models.length > 0 ? [found] : address.bases;
    let first: unknown;
    for (const base of bases) {
      this.#connection.base = base;
      try {
        await this.chat(() => [{ role: "user", content: "Say yes." }], { text: "", isContinued: false }, request);
        return;
      } catch (error) {
        signal.throwIfAborted();
        // Any error but those about the key or the model shows that the model is there.
        if (!(error instanceof ServerError) || [401, 403].includes(error.status)) throw error;
        first ??= error;
        if (isAboutModel(error)) throw this.#noModel();
        if (error.status !== 404) return;
      }
    }
    this.#connection.base = bases[0] ?? "";
    throw this.#models.length > 0 ? this.#noModel() : first;
  }

  #noModel(): ServerError {
    if (this.#model === "") {
      return new ServerError(`${this.host} has no models: load one there, or name it in "sterna.server.model".`, 404);
    }
    const names = this.#models.map(({ id }) => id);
    const has = names.length > 0 ? `it has ${names.slice(0, 5).join(", ")}` : "it names none";
    return new ServerError(
      `${this.host} has no model "${this.#model}", ${has}: check the setting "sterna.server.model".`,
      404,
      "model not found",
    );
  }

  #withModels(error: ServerError): ServerError {
    return isAboutModel(error) && this.#models.length > 0 ? this.#noModel() : error;
  }
}

/** Models that always think, by their names. */
const THINKS = /\bqwq\b|deepseek-?r1|(^|[-_/:])r1([-_.:]|$)|thinking/i;
const DEFAULT_CONTEXT = 4096;
/** The parameters with which vLLM and SGLang continue an answer that was begun. */
const CONTINUED = { continue_final_message: true, add_generation_prompt: false };

/**
 * The parameters of a request as the server accepts them. Fences of code are not sent as stop strings, because the
 * answer may begin with one; they are looked for here.
 */
function parameters(shape: RequestShape, { maxTokens, temperature, stop }: TextRequest): object {
  const stops = stop.filter((one) => !one.includes("```")).slice(0, shape.mostStops);
  return {
    ...(shape.maxTokens !== "left out" && {
      [shape.maxTokens]: Math.min(maxTokens * shape.thinkingRoom, shape.mostTokens),
    }),
    ...(shape.temperature && { temperature }),
    ...(shape.stream && { stream: true }),
    ...(stops.length > 0 && { stop: stops }),
  };
}

/** Whether an error says that the server offers no completions, but only chat. */
function isNoCompletions(error: unknown): boolean {
  if (!(error instanceof ServerError) || isAboutModel(error)) return false;
  const isMissing = error.status === 404 || error.status === 405 || error.status === 501;
  return isMissing || /chat model|chat\/completions|completions endpoint/i.test(reasonIn(error.said));
}

function chatOnly(host: string, model: string): string {
  return `${host} offers only chat for ${model}, and suggestions need completions: choose another model or server for them.`;
}
