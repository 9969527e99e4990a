/** The OpenAI-compatible interface of a server: models, completions and chat, streamed. */
import { checkAddress } from "../net/address.ts";
import { type NetSettings, type Reply, send } from "../net/request.ts";
import type { ChatMessage } from "../protocol.ts";
import { events } from "./sse.ts";

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

export class ServerClient {
  readonly #base: string;
  readonly #net: NetSettings;
  readonly #key: string;
  #model: string;

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

  /**
   * Makes sure that the server answers and has the model.
   * @throws ServerError, NetError or the signal's reason
   */
  async connect(signal: AbortSignal): Promise<void> {
    const reply = await this.#send("models", undefined, signal);
    const list = parse(await readAll(reply, MOST_LIST_BYTES), this.host) as { data?: { id?: unknown }[] };
    const names = Array.isArray(list.data) ? list.data.map(({ id }) => id).filter((id) => typeof id === "string") : [];
    if (this.#model === "" && names[0] !== undefined) this.#model = names[0];
    if (this.#model === "" || (names.length > 0 && !names.includes(this.#model))) {
      const has = names.length > 0 ? `it has ${names.slice(0, 5).join(", ")}` : "it names none";
      throw new ServerError(
        `${this.host} has no model "${this.#model}", ${has}: check the setting "sterna.server.model".`,
      );
    }
  }

  complete(prompt: string, request: TextRequest): Promise<TextResult> {
    return this.#stream("completions", { prompt }, request, (choice) => choice.text);
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
    for await (const data of events(reply.body)) {
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
    if (finish === "") throw new ServerError(`${this.host} broke the answer off.`);
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
    throw new ServerError(refusal(reply.status, this.host, said));
  }
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
