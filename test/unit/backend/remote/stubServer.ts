/** A server that sends exactly the bytes that a test has written down. */
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";

export interface StubRequest {
  method: string;
  /** The path with the query. */
  path: string;
  headers: IncomingHttpHeaders;
  body: Record<string, unknown>;
}

export interface StubReply {
  status?: number;
  headers?: Record<string, string>;
  /** Sent in this many writes. */
  body?: string | Buffer | readonly (string | Buffer)[];
  /** Whether the connection is cut after the body, or left open. */
  isCut?: boolean;
  open?: boolean;
}

export type Handler = (request: StubRequest) => StubReply | undefined;

export class StubServer {
  readonly asked: StubRequest[] = [];
  handler: Handler;
  readonly #server: Server;

  private constructor(handler: Handler) {
    this.handler = handler;
    this.#server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on("data", (part: Buffer) => parts.push(part));
      request.on("end", () => {
        const text = Buffer.concat(parts).toString();
        const asked: StubRequest = {
          method: request.method ?? "",
          path: request.url ?? "",
          headers: request.headers,
          body: text === "" ? {} : (JSON.parse(text) as Record<string, unknown>),
        };
        this.asked.push(asked);
        const {
          status = 200,
          headers = {},
          body = "",
          isCut: cut = false,
          open = false,
        } = this.handler(asked) ?? { status: 404 };
        response.writeHead(status, headers);
        const writes = typeof body === "string" || Buffer.isBuffer(body) ? [body] : body;
        const next = (index: number) => {
          const piece = writes[index];
          if (piece !== undefined) response.write(piece, () => setImmediate(next, index + 1));
          else if (cut) response.destroy();
          else if (!open) response.end();
        };
        next(0);
      });
    });
  }

  static async start(handler: Handler): Promise<StubServer> {
    const server = new StubServer(handler);
    await new Promise<void>((resolve) => server.#server.listen(0, "127.0.0.1", resolve));
    return server;
  }

  get address(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Bodies of the requests for a chat or a completion. */
  get bodies(): Record<string, unknown>[] {
    return this.asked.filter(({ path }) => path.includes("completions")).map(({ body }) => body);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** A stream of events, one for each piece of the answer, and the usual end. */
export function streamOf(...pieces: string[]): string {
  const events = pieces.map((content) => JSON.stringify({ choices: [{ delta: { content }, finish_reason: null }] }));
  const end = JSON.stringify({ choices: [{ delta: {}, finish_reason: "stop" }] });
  return [...events, end, "[DONE]"].map((data) => `data: ${data}\n\n`).join("");
}
