/** What a server states about a file before the download, and what the downloaded file must therefore be. */
import type { IncomingHttpHeaders } from "node:http";
import { checkAddress } from "../../net/address.ts";
import { NetError, type NetSettings, type Reply, type RequestOptions, send } from "../../net/request.ts";
import { DownloadError } from "./downloadErrors.ts";
import { decide, type Failure, giveUp } from "./retry.ts";

/** A checksum. "git-sha1" is the hash of the file as a Git blob, which a hub gives for small files. */
export interface Digest {
  algorithm: "sha256" | "git-sha1";
  /** Lower-case hexadecimal. */
  hex: string;
}

export interface Statement {
  bytes?: number;
  digest?: Digest;
}

/** What is known about a file before the server is asked: from the catalogue, or from the first download. */
export interface Pin {
  sha256: string;
  bytes: number;
}

export interface Expectation {
  bytes: number;
  digest: Digest;
}

/** Access to the network and the clock; tests replace the clock. */
export interface Outside {
  net: NetSettings;
  /** @throws the signal's reason */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** Milliseconds without data after which the server counts as gone. */
  idleMs: number;
}

const MOST_REDIRECTS = 8;

/** @throws DownloadError when the address is not allowed */
export function requireSafe(url: URL): void {
  const problem = checkAddress(url);
  if (problem !== undefined) throw new DownloadError("address", problem);
}

/**
 * Sends a request and follows redirects. `onHop` sees the head of every answer and may stop by returning true.
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

/** What one answer says about the file; a hub says it already in the redirect to the server that stores the bytes. */
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
  // After a redirect to another store, the ETag of the last answer says nothing about the file's checksum.
  const linked = tag(text("x-linked-etag"));
  const own = text("x-repo-commit") === undefined ? "" : tag(text("etag"));
  for (const hex of [linked, own]) {
    if (statement.digest !== undefined) break;
    if (hex.length === 64) statement.digest = { algorithm: "sha256", hex };
    else if (hex.length === 40) statement.digest = { algorithm: "git-sha1", hex };
  }
  return statement;
}

/** Attempts of the first request: only one retry, because the user is waiting and may have no network at all. */
const MAX_FIRST_ATTEMPTS = 2;
/** Error codes of a machine that has no network, or that needs a proxy it has not been told about. */
const UNREACHABLE = new Set(["ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ENETUNREACH", "EHOSTUNREACH", "ENETDOWN"]);
/** Milliseconds without an answer after which the user is told. */
const SLOW_MS = 4_000;

/**
 * Asks a server what it states about a file.
 * @param onWait called with a sentence to show to the user when the answer takes longer
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
        // A server that does not support HEAD says the same in answer to a request for the first byte.
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
 * Recognises the page that a network's login portal, or a wrong mirror, sends in answer to every request.
 * @throws DownloadError
 */
export function refuseWebPage({ status, headers }: Pick<Reply, "status" | "headers">, url: URL): void {
  if (status !== 200 || !/^text\/html/i.test(headers["content-type"] ?? "")) return;
  const advice = "log in to the network first, or check the mirror's address";
  throw new DownloadError("refused", `${url.host} answers with a web page instead of the file: ${advice}.`);
}

/** The error for an answer that is not the file. */
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
 * @throws DownloadError when they contradict each other, or when too little is known
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
