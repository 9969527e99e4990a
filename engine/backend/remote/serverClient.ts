/** The OpenAI-compatible interface of a server: models, completions and chat, streamed. */
import { checkAddress } from "../../net/address.ts";
import { type NetSettings, type Reply, send } from "../../net/request.ts";
import type { ChatMessage } from "../../protocol/chat.ts";
import { events } from "./eventStream.ts";

export interface ServerAddress {
  /** With or without "/v1" at its end. */
  address: string;
  /** Name of the model; "" takes the first that the server has. */
  model: string;
  /** "" where the server asks for none. */
  key: string;
}

/** The server refuses, or says something that cannot be understood. */
export class ServerError extends Error {
  override name = "ServerError";
  /** Of the answer; 0 where that was a success, or none. */
  readonly status: number;

  constructor(message: string, status = 0) {
    super(message);
    this.status = status;
  }
}

export interface TextRequest {
  maxTokens: number;
  temperature: number;
  stop: string[];
  signal: AbortSignal;
  onText(text: string): void;
}

export interface TextResult {
  text: string;
  /** As the server names it: "stop", "length", ... */
  finish: string;
}

/** Most servers take four; the engine looks for the others itself. */
const MOST_STOPS = 4;
const MOST_ERROR_BYTES = 64 << 10;
const MOST_LIST_BYTES = 4 << 20;

/** What servers answer that do not fill in: vLLM and llama.cpp's 400 or 501, stricter ones 422, others fail over it. */
const NO_SUFFIX = new Set([400, 422, 500, 501]);
/** Words enough that the count of a prompt's tokens tells whether they were read. */
const PROBE_WORDS = 48;
/**
 * Owner of the models of llama-cpp-python's server. It reads a suffix, but puts the vocabulary's first token in the place
 * of each of the three markers (0.3.36): what comes is worse than without.
 */
const MISREADER = "me";

export class ServerClient {
  readonly #base: string;
  readonly #net: NetSettings;
  readonly #key: string;
  #model: string;
  #fillsIn = false;
  #misreads = false;

  /** @throws Error with one line when the address is none, or not reached over https */
  constructor({ address, model, key }: ServerAddress, net: NetSettings) {
    if (!URL.canParse(address)) {
      throw new ServerError(`"${address}" is no address of a server: check the setting "sterna.server.address".`);
    }
    const problem = checkAddress(new URL(address));
    if (problem !== undefined) throw new ServerError(problem);
    this.#base = address.replace(/\/+$/, "").replace(/\/v1$/, "");
    this.#net = net;
    this.#key = key;
    this.#model = model;
  }

  get host(): string {
    return new URL(this.#base).host;
  }

  get model(): string {
    return this.#model;
  }

  /** Whether completions take what follows the cursor into account, as far as that is known. */
  get fillsIn(): boolean {
    return this.#fillsIn;
  }

  /**
   * Makes sure that the server answers and has the model.
   * @throws ServerError, NetError or the signal's reason
   */
  async connect(signal: AbortSignal): Promise<void> {
    const reply = await this.#send("models", undefined, signal);
    const list = parse(await readAll(reply, MOST_LIST_BYTES), this.host) as { data?: Listed[] };
    const all = Array.isArray(list.data) ? list.data : [];
    const names = all.map(({ id }) => id).filter((id) => typeof id === "string");
    if (this.#model === "" && names[0] !== undefined) this.#model = names[0];
    if (this.#model === "" || (names.length > 0 && !names.includes(this.#model))) {
      const has = names.length > 0 ? `it has ${names.slice(0, 5).join(", ")}` : "it names none";
      throw new ServerError(
        `${this.host} has no model "${this.#model}", ${has}: check the setting "sterna.server.model".`,
      );
    }
    this.#misreads = all.some(({ id, owned_by: owner }) => id === this.#model && owner === MISREADER);
  }

  /**
   * Finds out whether the server reads the suffix of a completion, by asking for one token: some refuse it, some take it
   * and read the prompt alone, which the tokens that they count tell. Never rejects.
   */
  async learnFillIn(signal: AbortSignal): Promise<void> {
    if (this.#misreads) return;
    const body = {
      model: this.#model,
      prompt: "one",
      suffix: " two".repeat(PROBE_WORDS),
      max_tokens: 1,
      temperature: 0,
    };
    try {
      const reply = await this.#send("completions", JSON.stringify(body), signal);
      const { usage } = parse(await readAll(reply, MOST_LIST_BYTES), this.host) as { usage?: Usage | null };
      this.#fillsIn = typeof usage?.prompt_tokens === "number" && usage.prompt_tokens >= PROBE_WORDS;
    } catch {
      // It does not, or cannot be asked now: the prompt alone will do.
    }
  }

  /** @param suffix what follows the answer; "" where that does not matter */
  async complete(prompt: string, request: TextRequest, suffix = ""): Promise<TextResult> {
    const ask = (what: object) => this.#stream("completions", what, request, (choice) => choice.text);
    if (suffix === "" || !this.#fillsIn) return await ask({ prompt });
    try {
      return await ask({ prompt, suffix });
    } catch (error) {
      if (!(error instanceof ServerError && NO_SUFFIX.has(error.status))) throw error;
      const result = await ask({ prompt });
      // Another model has taken the place of the one that was asked.
      this.#fillsIn = false;
      return result;
    }
  }

  chat(messages: ChatMessage[], request: TextRequest): Promise<TextResult> {
    return this.#stream("chat/completions", { messages }, request, (choice) => choice.delta?.content);
  }

  async #stream(
    path: string,
    what: object,
    { maxTokens, temperature, stop, signal, onText }: TextRequest,
    textOf: (choice: Choice) => unknown,
  ): Promise<TextResult> {
    const body = {
      model: this.#model,
      ...what,
      max_tokens: maxTokens,
      temperature,
      stream: true,
      ...(stop.length > 0 ? { stop: stop.slice(0, MOST_STOPS) } : {}),
    };
    const reply = await this.#send(path, JSON.stringify(body), signal);
    let text = "";
    let finish = "";
    let isDone = false;
    for await (const data of events(reply.body, () => (isDone = true))) {
      const event = parse(data, this.host) as { choices?: Choice[]; error?: unknown };
      if (event.error !== undefined) throw new ServerError(`${this.host}: ${errorText(event.error)}`);
      const [choice] = event.choices ?? [];
      if (choice === undefined) continue;
      const piece = textOf(choice);
      if (typeof piece === "string" && piece !== "") {
        text += piece;
        onText(piece);
      }
      if (typeof choice.finish_reason === "string") finish = choice.finish_reason;
    }
    if (finish === "") throw new ServerError(isDone ? givenUp(this.host) : `${this.host} broke the answer off.`);
    return { text, finish };
  }

  /** @throws ServerError for any status but success */
  async #send(path: string, body: string | undefined, signal: AbortSignal): Promise<Reply> {
    const reply = await send(new URL(`${this.#base}/v1/${path}`), {
      net: this.#net,
      method: body === undefined ? "GET" : "POST",
      headers: {
        accept: "text/event-stream, application/json",
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...(this.#key === "" ? {} : { authorization: `Bearer ${this.#key}` }),
      },
      ...(body === undefined ? {} : { body }),
      signal,
    });
    if (reply.status >= 200 && reply.status < 300) return reply;
    const said = await readAll(reply, MOST_ERROR_BYTES).catch(() => "");
    throw new ServerError(refusal(reply.status, this.host, said), reply.status);
  }
}

interface Listed {
  id?: unknown;
  owned_by?: unknown;
}

interface Usage {
  prompt_tokens?: unknown;
}

interface Choice {
  text?: unknown;
  delta?: { content?: unknown };
  finish_reason?: unknown;
}

function parse(text: string, host: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null) return value;
  } catch {
    // Said below.
  }
  throw new ServerError(`${host} does not answer as an OpenAI-compatible server does: check "sterna.server.address".`);
}

async function readAll(reply: Reply, most: number): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of reply.body) {
    bytes += part.length;
    if (bytes > most) break;
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}

/** One line for an answer that ends in order, but before its end. */
function givenUp(host: string): string {
  return (
    `${host} gave the answer up, as some servers do when another request comes: ` +
    "start llama-cpp-python's with --interrupt_requests false."
  );
}

/** One line for a status that is no success. */
export function refusal(status: number, host: string, said: string): string {
  switch (status) {
    case 401:
    case 403:
      return `${host} does not accept the key (${status}): set it with "Sterna: Set Server Key".`;
    case 404:
      return `${host} knows no such address (404): check the setting "sterna.server.address".`;
    case 429:
      return `${host} has too many requests (429): try again later.`;
  }
  let detail: unknown;
  try {
    detail = JSON.parse(said);
  } catch {
    detail = undefined;
  }
  const reason = errorText(detail);
  return `${host} answers with status ${status}${reason === "" ? "" : `: ${reason}`}.`;
}

/** What a server says in any of the ways that servers have. */
function errorText(value: unknown): string {
  if (typeof value === "string") return value.split("\n")[0]?.slice(0, 200) ?? "";
  if (typeof value !== "object" || value === null) return "";
  const { error, message, detail } = value as Record<string, unknown>;
  return errorText(error ?? message ?? detail ?? "");
}
