/**
 * A server with an OpenAI-compatible interface: its models, completions and chat, streamed. What the server refuses by
 * name is left out of this request and the next ones; see requestShape.ts.
 */
import { type Clock, realClock } from "../../clock.ts";
import type { NetSettings, Reply } from "../../net/request.ts";
import { WithoutThoughts } from "../../prompt/withoutThoughts.ts";
import type { ChatMessage } from "../../protocol/chat.ts";
import type { ServerSettings } from "../../protocol/settings.ts";
import { OnlyThoughtsError, readAnswer } from "./answerStream.ts";
import { contextLength } from "./contextLength.ts";
import { findModel, firstModel, isLlamaCppPython, type Listed, readModelList } from "./modelList.ts";
import { adapt, type Opening, type RequestShape, shapeMessages, USUAL } from "./requestShape.ts";
import { readEvent } from "./serverAnswer.ts";
import { MOST_LIST_BYTES, parseJson, readAll, ServerConnection } from "./serverConnection.ts";
import { isAboutModel, reasonIn, ServerError } from "./serverErrors.ts";
import { AfterOpening } from "./streamedText.ts";

export interface TextRequest {
  maxTokens: number;
  temperature: number;
  /** The answer ends before the first of these. */
  stop: readonly string[];
  signal: AbortSignal;
  onText(text: string): void;
  /** Told when the model begins to think, and when the server wants to be asked again. */
  onActivity?(activity: Activity): void;
}

export type Activity = "thinking" | "loading";

export interface TextResult {
  text: string;
  end: "end" | "length" | "filtered";
  /** A stop string has ended it. */
  isStopped: boolean;
  /** Tokens of the prompt as the server has counted them; 0 where it has not. */
  promptTokens: number;
}

export interface ServerClientOptions {
  settings: ServerSettings;
  net: NetSettings;
  /** Measures the time until the server is asked again. */
  clock?: Clock;
}

/** A refusal is answered with a changed request so many times. */
const MOST_CHANGES = 10;
/** Silence within an answer; a server that swaps memory may be that slow. */
const IDLE_MS = 300_000;
/** Words enough that the count of a prompt's tokens tells whether they were read. */
const PROBE_WORDS = 48;
/** How often and how long a server is waited for that is loading its model, within one question. */
const FIRST_WAIT_MS = 1_000;
/** After thoughts that have left no room for an answer, so many times as many tokens are asked for. */
const THINKING_ROOM = 8;
/** Completions are not asked for for so long after a server has said that it is overloaded; doubled each time. */
const FIRST_REST_MS = 1_000;
const LONGEST_REST_MS = 30_000;
const LONGEST_WAIT_MS = 15_000;
const MOST_WAIT_MS = 600_000;

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
  /** Templates of models that think put the mark before the answer: then the answer has only the closing one. */
  #thoughts: "marked" | "unmarked";
  /** What the server said when it had too much to do, and until when completions are not asked for. */
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

  /** Tokens of prompt and answer together, as the settings or the server say; undefined where neither does. */
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
    // A server that lists no models, or knows more names than it lists, is asked for a word.
    else await this.#tryModel(signal);
    if (THINKS.test(this.#model)) this.#thoughts = "unmarked";
    const ask = (path: string, body?: object) => this.#connection.probe(path, signal, body);
    const { isOwn } = this.#connection.address;
    this.#contextTokens = await contextLength(this.#model, this.#listed, ask, isOwn);
    signal.throwIfAborted();
  }

  /**
   * Finds out whether the server reads the suffix of a completion, by asking for one token: some refuse it, some take it
   * and read the prompt alone, which the tokens that they count tell. Never rejects.
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
      // It does not, or cannot be asked now: the prompt alone will do.
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
      // Where the server lists its models, its address is right.
      if (!isNoCompletions(error) || this.#models.length === 0) throw error;
      this.#hasCompletions = false;
      throw new ServerError(chatOnly(this.host, this.#model));
    }
  }

  /**
   * @param messages gives the conversation in at most so many tokens; undefined where the server's limit is not known
   * @param opening what the answer begins with
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

  /** A server that has too much to do is left alone for a while: a keystroke is soon followed by another one. */
  #noteOverload(error: unknown): void {
    if (!(error instanceof ServerError) || ![429, 503].includes(error.status)) return;
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

  /** Sends a request, and once more without what the server refuses, unless text of the answer has been shown. */
  async #ask(
    path: string,
    write: (shape: RequestShape) => object,
    request: TextRequest,
    opening: Opening = { text: "", isContinued: false },
  ): Promise<TextResult> {
    let hasText = false;
    const onText = (text: string) => {
      hasText = true;
      request.onText(text);
    };
    for (let changes = 0; ; changes++) {
      const shape = this.#shape;
      const body = { model: this.#model, ...write(shape), ...parameters(shape, request) };
      try {
        const reply = await this.#connection.send(path, body, request.signal, { idleMs: IDLE_MS, firstByteMs: 0 });
        return await this.#read(reply, { ...request, onText }, opening, path === "completions" ? undefined : shape);
      } catch (error) {
        if (!(error instanceof ServerError) || changes >= MOST_CHANGES || hasText) throw error;
        const next = this.#adapted(shape, error);
        if (next === undefined) throw this.#withModels(error);
        this.#shape = next;
      }
    }
  }

  #adapted(shape: RequestShape, error: ServerError): RequestShape | undefined {
    if (error instanceof OnlyThoughtsError) {
      return shape.thinkingRoom === 1 ? { ...shape, thinkingRoom: THINKING_ROOM } : undefined;
    }
    if (error.said === "" && error.status === 0) return undefined;
    // The refusal may say how long the context is; else half of what was taken for it is tried.
    const contextTokens = shape.contextTokens || this.contextTokens || DEFAULT_CONTEXT;
    // Some servers begin their stream before they look at the request.
    const next = adapt({ ...shape, contextTokens }, error.status || 400, error.said);
    if (next === undefined) return undefined;
    return next.contextTokens === contextTokens ? { ...next, contextTokens: shape.contextTokens } : next;
  }

  /** @param shape of a question of the chat; undefined for a completion, which no template is put round. */
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
      thoughts: new WithoutThoughts(begin),
    });
    if (begin === "unmarked" && !beganUnmarked && result.end !== "length") this.#thoughts = "marked";
    return result;
  }

  /** The models of the first base that has a list; undefined where none has. */
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
    // A server need not list its models, where the settings name one.
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
        // Whatever else is wrong with that question, the model is there.
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
/** vLLM and SGLang write on after a begun answer when they are told to. */
const CONTINUED = { continue_final_message: true, add_generation_prompt: false };

/** What is asked for, as the server takes it. Fences are looked for here: the answer may begin with one. */
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

/** Whether the server has the chat alone. */
function isNoCompletions(error: unknown): boolean {
  if (!(error instanceof ServerError) || isAboutModel(error)) return false;
  const isMissing = error.status === 404 || error.status === 405 || error.status === 501;
  return isMissing || /chat model|chat\/completions|completions endpoint/i.test(reasonIn(error.said));
}

function chatOnly(host: string, model: string): string {
  return `${host} offers only chat for ${model}, and suggestions need completions: choose another model or server for them.`;
}

function noInterface(host: string): string {
  return `${host} does not answer as an OpenAI-compatible server does: check "sterna.server.address".`;
}
