/** What a server states about a file before it is fetched, and what is then expected of it. */
import type { IncomingHttpHeaders } from "node:http";
import { checkAddress } from "../../net/address.ts";
import { NetError, type NetSettings, type Reply, type RequestOptions, send } from "../../net/request.ts";
import { DownloadError } from "./downloadErrors.ts";
import { decide, type Failure, giveUp } from "./retry.ts";

/** A checksum. "git-sha1" is that of Git's blob, which a hub gives for small files. */
export interface Digest {
  algorithm: "sha256" | "git-sha1";
  /** Lower-case. */
  hex: string;
}

export interface Statement {
  bytes?: number;
  digest?: Digest;
}

/** What is known of a file before anybody is asked: from the catalog, or from the first download. */
export interface Pin {
  sha256: string;
  bytes: number;
}

export interface Expectation {
  bytes: number;
  digest: Digest;
}

/** What the outside world is reached by; tests replace the clock. */
export interface Outside {
  net: NetSettings;
  /** @throws the signal's reason */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** Longest silence of a server. */
  idleMs: number;
}

const MOST_REDIRECTS = 8;

/** @throws DownloadError when the address may not be asked */
export function requireSafe(url: URL): void {
  const problem = checkAddress(url);
  if (problem !== undefined) throw new DownloadError("address", problem);
}

/**
 * Sends a request and follows redirects. `onHop` sees the head of every answer; it may end the walk by returning true.
 * @throws DownloadError, NetError, or the signal's reason
 */
export async function follow(
  start: URL,
  options: RequestOptions,
  onHop: (headers: IncomingHttpHeaders, status: number) => boolean = () => false,
): Promise<{ reply: Reply; url: URL }> {
  let url = start;
  for (let hop = 0; hop <= MOST_REDIRECTS; hop++) {
    requireSafe(url);
    const reply = await send(url, options);
    const { location } = reply.headers;
    const isRedirect = [301, 302, 303, 307, 308].includes(reply.status) && location !== undefined;
    if (onHop(reply.headers, reply.status) || !isRedirect) return { reply, url };
    reply.destroy();
    if (!URL.canParse(location, url.href)) {
      throw new DownloadError("refused", `${url.host} redirects to "${location}", which is no address.`);
    }
    url = new URL(location, url);
  }
  throw new DownloadError("refused", `${start.host} redirects without end: check the mirror's address.`);
}

/** What one answer says of the file; a hub tells it already with the redirect to where the bytes lie. */
export function readStatement(headers: IncomingHttpHeaders, status: number): Statement {
  const text = (name: string) => {
    const value = headers[name];
    return typeof value === "string" ? value : undefined;
  };
  const statement: Statement = {};
  const isFinal = status >= 200 && status < 300;
  const size =
    text("x-linked-size") ??
    (status === 206 ? /\/(\d+)$/.exec(text("content-range") ?? "")?.[1] : isFinal ? text("content-length") : undefined);
  if (size !== undefined && /^\d+$/.test(size)) statement.bytes = Number(size);
  const tag = (value: string | undefined) => /^(?:W\/)?"?([0-9a-f]+)"?$/i.exec(value ?? "")?.[1]?.toLowerCase() ?? "";
  // Where bytes lie elsewhere, the tag of the last answer is the store's own affair.
  const linked = tag(text("x-linked-etag"));
  const own = text("x-repo-commit") === undefined ? "" : tag(text("etag"));
  for (const hex of [linked, own]) {
    if (statement.digest !== undefined) break;
    if (hex.length === 64) statement.digest = { algorithm: "sha256", hex };
    else if (hex.length === 40) statement.digest = { algorithm: "git-sha1", hex };
  }
  return statement;
}

/** A first request that finds no way to the server is tried once more: the user waits, and may have no network. */
const MAX_FIRST_ATTEMPTS = 2;
/** Errors of a machine without a network, or behind a proxy that it does not know. */
const UNREACHABLE = new Set(["ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ENETUNREACH", "EHOSTUNREACH", "ENETDOWN"]);
/** Milliseconds without an answer after which the user is told. */
const SLOW_MS = 4_000;

/**
 * Asks a server what it states about a file.
 * @param onWait called with a sentence for people when it takes longer
 * @throws DownloadError, or the signal's reason
 */
export async function askStatement(
  url: URL,
  outside: Outside,
  signal: AbortSignal,
  onWait: (why: string) => void = () => {},
): Promise<Statement> {
  for (let fruitless = 1; ; fruitless++) {
    const slow = setTimeout(
      () => onWait(`${url.host} has not answered yet. Is there a network? Still waiting.`),
      SLOW_MS,
    );
    const failure = await attempt().finally(() => clearTimeout(slow));
    if (!("message" in failure)) return failure;
    const isOffline = UNREACHABLE.has(failure.code ?? "") && fruitless >= MAX_FIRST_ATTEMPTS;
    const decision = isOffline ? giveUp(failure.message) : decide(failure, fruitless, Date.now());
    if (decision.kind === "give-up") {
      throw new DownloadError(failure.status === undefined ? "network" : "refused", decision.message);
    }
    onWait(`${failure.message} Trying again in ${Math.ceil(decision.afterMs / 1000)} s.`);
    await outside.sleep(decision.afterMs, signal);
  }

  async function attempt(): Promise<Statement | Failure> {
    try {
      let statement: Statement = {};
      const onHop = (headers: IncomingHttpHeaders, status: number) => {
        statement = { ...readStatement(headers, status), ...statement };
        return statement.bytes !== undefined && statement.digest !== undefined;
      };
      const options = { net: outside.net, idleMs: outside.idleMs, signal };
      let { reply, url: last } = await follow(url, { ...options, method: "HEAD" }, onHop);
      reply.destroy();
      if (reply.status === 405 || reply.status === 501) {
        // A server that knows no HEAD tells the same with the first byte.
        ({ reply, url: last } = await follow(url, { ...options, headers: { range: "bytes=0-0" } }, onHop));
        reply.destroy();
      }
      refuseWebPage(reply, last);
      return reply.status < 400 ? statement : failureOf(reply, last);
    } catch (error) {
      if (!(error instanceof NetError)) throw error;
      return { message: error.message, code: error.code };
    }
  }
}

/**
 * What a network without a login, or a wrong mirror, answers to everything.
 * @throws DownloadError
 */
export function refuseWebPage({ status, headers }: Pick<Reply, "status" | "headers">, url: URL): void {
  if (status !== 200 || !/^text\/html/i.test(headers["content-type"] ?? "")) return;
  const advice = "log in to the network first, or check the mirror's address";
  throw new DownloadError("refused", `${url.host} answers with a web page instead of the file: ${advice}.`);
}

/** An answer that is not the file. */
export function failureOf({ status, headers }: Pick<Reply, "status" | "headers">, url: URL): Failure {
  const { "retry-after": retryAfter } = headers;
  return {
    status,
    message: `${url.host} ${SENTENCES[status] ?? `answers with status ${status}.`}`,
    ...(retryAfter === undefined ? {} : { retryAfter }),
  };
}

const SENTENCES: Readonly<Record<number, string>> = {
  401: "asks for a login (401): this file is not free to download.",
  403: "refuses to give the file (403): the network may forbid it; try another mirror.",
  404: "has no such file (404): check the mirror's address.",
  407: 'is behind a proxy that asks for a password (407): check the setting "http.proxy".',
  410: "no longer has the file (410): try another mirror.",
  429: "has been asked too often (429).",
  503: "is overloaded (503).",
};

/**
 * Joins what the server states with what is already known.
 * @param name of the file, for messages
 * @throws DownloadError when they contradict each other, or do not suffice
 */
export function expect(name: string, stated: Statement, known: Pin | undefined): Expectation {
  if (known !== undefined) {
    const { digest, bytes } = stated;
    if (bytes !== undefined && bytes !== known.bytes) {
      throw new DownloadError(
        "not-the-file",
        `${name}: the server offers ${bytes} bytes, but the known file has ${known.bytes}: it was replaced there. ` +
          "Nothing was downloaded; try another mirror, or update Sterna.",
      );
    }
    if (digest?.algorithm === "sha256" && digest.hex !== known.sha256) {
      throw new DownloadError(
        "not-the-file",
        `${name}: the server states the SHA-256 ${digest.hex}, but the known file has ${known.sha256}: it was ` +
          "replaced there. Nothing was downloaded; try another mirror, or update Sterna.",
      );
    }
    return { bytes: known.bytes, digest: { algorithm: "sha256", hex: known.sha256 } };
  }
  if (stated.bytes === undefined || stated.digest === undefined) {
    const what = stated.bytes === undefined ? "size" : "checksum";
    throw new DownloadError(
      "refused",
      `${name}: the server states no ${what}, so the file could not be checked: try another mirror.`,
    );
  }
  return { bytes: stated.bytes, digest: stated.digest };
}
