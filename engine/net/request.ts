/**
 * Sends one HTTP request: proxy, TLS with the system's certificates, time limits, and errors in one line for people. It
 * does not follow redirects.
 */
import http from "node:http";
import https from "node:https";
import { isIP, type Socket } from "node:net";
import tls from "node:tls";
import { hostName } from "./address.ts";
import { decompressed } from "./decompressed.ts";
import { type ProxySettings, proxyFor } from "./proxy.ts";

export interface NetSettings extends ProxySettings {
  /** False accepts certificates of unknown origin, like VS Code's `http.proxyStrictSSL`. */
  strictSsl: boolean;
}

export const DIRECT: NetSettings = { proxy: "", noProxy: [], strictSsl: true };

export interface RequestOptions {
  net: NetSettings;
  method?: "GET" | "HEAD" | "POST";
  headers?: Record<string, string>;
  body?: string;
  /** Aborting it rejects with the signal's reason. */
  signal?: AbortSignal;
  /** The longest silence in milliseconds: while connecting, before the answer, and during it. Default 30 s. */
  idleMs?: number;
  /**
   * The longest silence between the request and the first byte of the answer; 0 means no limit. Default {@link idleMs}.
   */
  firstByteMs?: number;
}

export interface Reply {
  status: number;
  headers: http.IncomingHttpHeaders;
  /** Ending the iteration early ends the connection. Throws NetError when the answer breaks off. */
  body: AsyncIterable<Buffer>;
  /** Ends the connection. */
  destroy(): void;
}

/** The request could not be completed. */
export class NetError extends Error {
  override name = "NetError";

  /** @param code Node's name for it, such as "ECONNRESET" */
  constructor(
    message: string,
    readonly code: string,
  ) {
    super(message);
  }
}

const IDLE_MS = 30_000;
/** How often an idle connection is probed, so that a machine that has gone is noticed even without a limit. */
const KEEP_ALIVE_MS = 15_000;

/**
 * Sends a request, and resolves with the head of the answer, whatever its status is.
 * @throws NetError, or the signal's reason
 */
export async function send(url: URL, options: RequestOptions): Promise<Reply> {
  const { net, signal, idleMs = IDLE_MS, firstByteMs = idleMs } = options;
  signal?.throwIfAborted();
  const proxy = proxyFor(url, net, process.env);
  const isTls = url.protocol === "https:";
  const tunnel = proxy !== undefined && isTls ? await connectThrough(proxy, url, options) : undefined;
  const message = await new Promise<http.IncomingMessage>((resolve, reject) => {
    const plain: http.RequestOptions = {
      method: options.method ?? "GET",
      headers: {
        "user-agent": "sterna",
        "accept-encoding": "identity",
        ...credentials(url, "authorization"),
        ...options.headers,
      },
      agent: false,
      // It also limits connecting.
      timeout: idleMs,
    };
    if (proxy !== undefined && !isTls) Object.assign(plain.headers ?? {}, credentials(proxy, "proxy-authorization"));
    const target = bare(url);
    const request =
      proxy !== undefined && !isTls
        ? http.request(bare(proxy), { ...plain, path: target.href, headers: { ...plain.headers, host: url.host } })
        : isTls
          ? https.request(target, {
              ...plain,
              ...tlsOptions(net),
              ...(tunnel && { createConnection: () => tls.connect({ ...tlsOptions(net), ...tunnelled(tunnel, url) }) }),
            })
          : http.request(target, plain);
    const onAbort = () => request.destroy(signal?.reason);
    signal?.addEventListener("abort", onAbort, { once: true });
    let limitMs = idleMs;
    const limit = (milliseconds: number) => {
      limitMs = milliseconds;
      request.setTimeout(milliseconds);
    };
    request.on("timeout", () => request.destroy(silence(url, limitMs)));
    request.once("socket", (socket) => {
      socket.setKeepAlive(true, KEEP_ALIVE_MS);
      socket.once(isTls ? "secureConnect" : "connect", () => limit(firstByteMs));
    });
    request.once("response", (answer) => {
      limit(idleMs);
      answer.once("close", () => signal?.removeEventListener("abort", onAbort));
      resolve(answer);
    });
    request.once("error", (error) => {
      signal?.removeEventListener("abort", onAbort);
      reject(signal?.aborted ? signal.reason : netError(error, url));
    });
    request.end(options.body);
  });
  return {
    status: message.statusCode ?? 0,
    headers: message.headers,
    body: pieces(message, decompressed(message), url, signal),
    destroy: () => void message.destroy(),
  };
}

async function* pieces(
  message: http.IncomingMessage,
  body: AsyncIterable<unknown>,
  url: URL,
  signal: AbortSignal | undefined,
) {
  try {
    for await (const piece of body) yield piece as Buffer;
  } catch (error) {
    throw signal?.aborted ? signal.reason : netError(error, url);
  } finally {
    message.destroy();
  }
}

/** Connects to the address's host through the proxy. */
function connectThrough(proxy: URL, url: URL, { net, signal, idleMs = IDLE_MS }: RequestOptions): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const target = `${url.hostname}:${url.port || 443}`;
    const module = proxy.protocol === "https:" ? https : http;
    const request = module.request(bare(proxy), {
      method: "CONNECT",
      path: target,
      headers: { host: target, ...credentials(proxy, "proxy-authorization") },
      agent: false,
      ...(proxy.protocol === "https:" ? tlsOptions(net) : {}),
      ...(signal && { signal }),
    });
    request.setTimeout(idleMs, () => request.destroy(silence(proxy, idleMs)));
    request.once("connect", (answer, socket) => {
      socket.setTimeout(0);
      if (answer.statusCode === 200) return resolve(socket);
      socket.destroy();
      const why = answer.statusCode === 407 ? "asks for a name and password (407)" : `answers ${answer.statusCode}`;
      reject(new NetError(`The proxy ${proxy.host} ${why}: check the setting "http.proxy".`, "EPROXY"));
    });
    request.once("error", (error) => reject(signal?.aborted ? signal.reason : netError(error, proxy)));
    request.end();
  });
}

function tunnelled(socket: Socket, url: URL): tls.ConnectionOptions {
  const host = hostName(url.hostname);
  return { socket, host, ...(isIP(host) === 0 && { servername: host }) };
}

/** The name and password of an address as a header. Node's own way fails for some signs. */
function credentials({ username, password }: URL, header: string): Record<string, string> {
  if (username === "" && password === "") return {};
  const pair = `${decoded(username)}:${decoded(password)}`;
  return { [header]: `Basic ${Buffer.from(pair).toString("base64")}` };
}

/** The address without its name and password. */
function bare(url: URL): URL {
  return Object.assign(new URL(url), { username: "", password: "" });
}

/** A part of an address without its codes; as it is if it has a percent sign that begins none. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

let certificates: string[] | undefined;

/** Node's own certificates and, if this Node can read them, the system's, to which companies add their own. */
function tlsOptions(net: NetSettings): tls.SecureContextOptions & { rejectUnauthorized: boolean } {
  const reader = tls as { getCACertificates?: (type: "default" | "system") => string[] };
  if (certificates === undefined && reader.getCACertificates !== undefined) {
    certificates = [...new Set([...reader.getCACertificates("default"), ...reader.getCACertificates("system")])];
  }
  return { rejectUnauthorized: net.strictSsl, ...(certificates && { ca: certificates }) };
}

function silence(url: URL, idleMs: number): NetError {
  return new NetError(`${url.host} was silent for ${Math.round(idleMs / 1000)} seconds.`, "ETIMEDOUT");
}

/** One line that says what went wrong on the way to a host. */
function netError(error: unknown, url: URL): NetError {
  if (error instanceof NetError) return error;
  const { code = "", message } = error as NodeJS.ErrnoException;
  const said = (text: string) => new NetError(text, code);
  switch (code) {
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return said(`The host ${url.hostname} was not found: check the network, the address and the proxy setting.`);
    case "ECONNREFUSED":
      return said(`Nothing answers at ${url.host}: check the address, and whether the server runs.`);
    case "EHOSTUNREACH":
    case "ENETUNREACH":
    case "ETIMEDOUT":
      return said(`${url.host} cannot be reached: check the network, the address and the proxy setting.`);
    case "EPROTO":
    case "ERR_SSL_WRONG_VERSION_NUMBER":
      return said(`${url.host} does not speak https at this port: check whether its address begins with http.`);
    case "HPE_INVALID_CONSTANT":
    case "HPE_INVALID_VERSION":
      return said(
        `${url.host} does not speak http at this port: check the port, and whether its address begins with https.`,
      );
    case "ECONNRESET":
    case "EPIPE":
    case "ERR_STREAM_PREMATURE_CLOSE":
    case "UND_ERR_SOCKET":
      return said(`${url.host} broke the connection off.`);
    case "CERT_HAS_EXPIRED":
    case "DEPTH_ZERO_SELF_SIGNED_CERT":
    case "SELF_SIGNED_CERT_IN_CHAIN":
    case "UNABLE_TO_VERIFY_LEAF_SIGNATURE":
    case "UNABLE_TO_GET_ISSUER_CERT":
    case "UNABLE_TO_GET_ISSUER_CERT_LOCALLY":
    case "ERR_TLS_CERT_ALTNAME_INVALID":
      return said(
        `The certificate of ${url.host} cannot be trusted (${code}): add its authority to the system's certificates.`,
      );
    default:
      return said(`${url.host}: ${message.split("\n")[0]}`);
  }
}
