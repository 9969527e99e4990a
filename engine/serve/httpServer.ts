/**
 * An HTTP server with OpenAI's interface for other programs on this machine. It listens at the loopback address only,
 * and answers nobody without the token. A page in a browser cannot use it: the request's host must be this machine, and
 * no cross-origin access is granted.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { CancellationTokenSource } from "vscode-jsonrpc";
import { messageOf } from "../client/errors.ts";
import { ApiError } from "./openaiRequests.ts";
import { type Reply, ROUTES, type RouteContext } from "./routes.ts";

/** The largest request in UTF-8 bytes: more than any model's context. */
const MAX_BYTES = 4 << 20;
/** Milliseconds within which a request must arrive. */
const REQUEST_MS = 30_000;
const LOOPBACK = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/i;

/** @param token that requests must send as their bearer token. */
export function createHttpServer(context: RouteContext, token: string): Server {
  const server = createServer((request, response) => void handle(context, token, request, response));
  server.requestTimeout = REQUEST_MS;
  return server;
}

async function handle(context: RouteContext, token: string, request: IncomingMessage, response: ServerResponse) {
  const source = new CancellationTokenSource();
  // Either the client has gone, or everything was sent.
  response.once("close", () => source.cancel());
  response.on("error", () => {});
  try {
    admit(request, token);
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    const route = routeFor(request.method ?? "", pathname);
    await route(context, await bodyOf(request), replyTo(response), source.token);
  } catch (error) {
    refuse(response, error instanceof ApiError ? error : new ApiError(500, messageOf(error)));
  }
}

/** @throws ApiError unless the request comes from a program on this machine that knows the token. */
function admit({ headers }: IncomingMessage, token: string): void {
  if (!LOOPBACK.test(headers.host ?? "")) throw new ApiError(403, "This server answers only to this machine.");
  const given = /^Bearer (.+)$/.exec(headers.authorization ?? "")?.[1] ?? "";
  const digest = (text: string) => createHash("sha256").update(text).digest();
  if (!timingSafeEqual(digest(given), digest(token))) {
    throw new ApiError(
      401,
      "The token is missing or wrong: give the one that the server was started with as the API key.",
    );
  }
}

function routeFor(method: string, path: string) {
  const route = Object.hasOwn(ROUTES, `${method} ${path}`) ? ROUTES[`${method} ${path}`] : undefined;
  if (route !== undefined) return route;
  const isKnown = Object.keys(ROUTES).some((name) => name.endsWith(` ${path}`));
  throw new ApiError(isKnown ? 405 : 404, `There is no ${method} ${path}.`);
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > MAX_BYTES) throw new ApiError(413, `A request may have ${MAX_BYTES} bytes at most.`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString("utf8");
}

function replyTo(response: ServerResponse): Reply {
  return {
    json(body) {
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify(body));
    },
    event(body) {
      if (!response.headersSent) {
        response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
      }
      response.write(`data: ${JSON.stringify(body)}\n\n`);
    },
    end() {
      response.end("data: [DONE]\n\n");
    },
  };
}

/** Answers with an error. A stream that has begun reports it in its last event. */
function refuse(response: ServerResponse, error: ApiError): void {
  if (response.destroyed) return;
  if (response.headersSent) {
    response.end(`data: ${JSON.stringify(error.body)}\n\n`);
    return;
  }
  // The rest of a request that is too large is not read.
  const headers = { "content-type": "application/json", ...(error.status === 413 && { connection: "close" }) };
  response.writeHead(error.status, headers);
  response.end(JSON.stringify(error.body));
}
