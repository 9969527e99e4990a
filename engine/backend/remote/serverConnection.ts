/**
 * Requests to a server's addresses: the key, the patience, and errors in one line for people.
 */
import { type NetSettings, type Reply, send } from "../../net/request.ts";
import type { ServerSettings } from "../../protocol/settings.ts";
import { ServerAddress } from "./serverAddress.ts";
import { refusal, retryAfter, ServerError } from "./serverErrors.ts";

export const MOST_LIST_BYTES = 16 << 20;
const MOST_ERROR_BYTES = 64 << 10;
/** What is asked beside the interface answers soon or not at all. */
const PROBE_MS = 3_000;
const NO_KEY = 'The key of the server has blanks or signs that no key has: set it again with "Sterna: Set Server Key".';

export interface Patience {
  /** Longest silence in milliseconds within the answer, and before its first byte (0 = no limit). */
  idleMs?: number;
  firstByteMs?: number;
}

export class ServerConnection {
  readonly address: ServerAddress;
  /** The base of the interface's addresses; the first of the address's until another is found. */
  base: string;
  readonly #key: string;
  readonly #net: NetSettings;

  /** @throws ServerError with one line when the address is none, or may not be asked */
  constructor(settings: ServerSettings, net: NetSettings) {
    this.address = new ServerAddress(settings.address, settings.allowHttp);
    this.base = this.address.bases[0] ?? "";
    this.#key = settings.key;
    this.#net = net;
  }

  /** @throws ServerError for any status but success; NetError; the signal's reason */
  send(path: string, body: object | undefined, signal: AbortSignal, patience: Patience = {}): Promise<Reply> {
    return this.#send(this.address.url(this.base, path), body, signal, patience);
  }

  /**
   * Asks an address beside the interface.
   * @returns the answer as JSON; undefined where the server does not know the address, or answers something else
   */
  async probe(path: string, signal: AbortSignal, body?: object): Promise<unknown> {
    const limited = AbortSignal.any([signal, AbortSignal.timeout(PROBE_MS)]);
    try {
      const reply = await this.#send(this.address.beside(this.base, path), body, limited, {});
      return parseJson(await readAll(reply, MOST_LIST_BYTES));
    } catch {
      return undefined;
    }
  }

  async #send(url: URL, body: object | undefined, signal: AbortSignal, patience: Patience): Promise<Reply> {
    const reply = await send(url, {
      net: this.#net,
      method: body === undefined ? "GET" : "POST",
      headers: {
        accept: "text/event-stream, application/json",
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...keyHeaders(url, this.#key),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal,
      ...patience,
    });
    if (reply.status >= 200 && reply.status < 300) return reply;
    const said = await readAll(reply, MOST_ERROR_BYTES).catch(() => "");
    const { location, "retry-after": after } = reply.headers;
    const message = refusal(reply.status, this.address.host, said, location === undefined ? {} : { location });
    throw new ServerError(message, reply.status, said, retryAfter(after));
  }
}

/**
 * An empty key is no header: some servers that need none would refuse it. People paste keys with a line end, or as the
 * header has them.
 *
 * @throws ServerError for a key that no header can hold
 */
function keyHeaders(url: URL, given: string): Record<string, string> {
  const key = given.trim().replace(/^bearer\s+/i, "");
  if (key === "") return {};
  if (!/^[\x21-\x7e]+$/.test(key)) throw new ServerError(NO_KEY);
  // Azure takes its keys in a header of its own.
  const isAzure = /\.azure\.(com|us|cn)$/.test(url.hostname);
  return { authorization: `Bearer ${key}`, ...(isAzure && { "api-key": key }) };
}

/** The value, or undefined for what is no JSON. Some servers put a byte order mark before it. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\ufeff/, ""));
  } catch {
    return undefined;
  }
}

/** The body as text, at most so many bytes of it. */
export async function readAll(reply: Reply, most: number): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of reply.body) {
    bytes += part.length;
    if (bytes > most) break;
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}
