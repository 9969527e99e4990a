/**
 * Sends requests to a server's addresses, with the key and with limits of time. Errors become one line for people.
 */
import { parseJson } from "../../net/json.ts";
import { type NetSettings, type Reply, send } from "../../net/request.ts";
import type { ServerSettings } from "../../protocol/settings.ts";
import { ServerAddress } from "./serverAddress.ts";
import { refusal, retryAfter, ServerError } from "./serverErrors.ts";

/** The most bytes that are read of a list of models; below, of the body of an error. */
export const MOST_LIST_BYTES = 16 << 20;
const MOST_ERROR_BYTES = 64 << 10;
/** Milliseconds that an answer outside of the interface may take; it comes soon or not at all. */
const PROBE_MS = 3_000;
const NO_KEY = 'The key of the server has blanks or signs that no key has: set it again with "Sterna: Set Server Key".';

/** The limits of time, in milliseconds; 0 means no limit. */
export interface RequestTimeouts {
  /** The longest silence within the answer; below, before its first byte. */
  idleMs?: number;
  firstByteMs?: number;
}

export class ServerConnection {
  readonly address: ServerAddress;
  /** The base of the interface's addresses: the first one that is possible, until another one is found to be right. */
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

  /**
   * Sends a request to a path of the interface: POST with a body, else GET.
   * @throws ServerError for any status but success; NetError; the signal's reason
   */
  send(path: string, body: object | undefined, signal: AbortSignal, timeouts: RequestTimeouts = {}): Promise<Reply> {
    return this.#send(this.address.url(this.base, path), body, signal, timeouts);
  }

  /**
   * Asks an address outside of the interface.
   * @returns the answer as JSON; undefined when the server does not know the address, or answers something else
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

  async #send(url: URL, body: object | undefined, signal: AbortSignal, timeouts: RequestTimeouts): Promise<Reply> {
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
      ...timeouts,
    });
    if (reply.status >= 200 && reply.status < 300) return reply;
    const said = await readAll(reply, MOST_ERROR_BYTES).catch(() => "");
    const { location, "retry-after": after } = reply.headers;
    const message = refusal(reply.status, this.address.host, said, location === undefined ? {} : { location });
    throw new ServerError(message, reply.status, said, retryAfter(after));
  }
}

/**
 * The headers with the key. There are none for an empty key, because some servers that need no key would refuse them.
 * People paste keys with a line end, or with the word "Bearer" in front.
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

/** The body of an answer as text, at most so many bytes of it. */
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
