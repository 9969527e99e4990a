/** A scripted OpenAI-compatible server on this machine. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Asked {
  path: string;
  key: string | undefined;
  body: Record<string, unknown>;
}

export class FakeServer {
  readonly asked: Asked[] = [];
  /** How many answers were cut off by the client. */
  aborted = 0;
  /** The answer, piece by piece. */
  pieces: string[] = ["Hel", "lo"];
  pieceMs = 0;
  /** The answer's first byte waits for this. */
  hold: Promise<void> = Promise.resolve();
  finish = "stop";
  /** Answers with this status and text instead. */
  refuse: { status: number; body: string } | undefined;
  /** Whether to break the answer off before its end. */
  breaks = false;
  /** Event data that is sent instead of everything else. */
  raw: string | undefined;
  models: string[] = ["small", "large"];
  owner = "somebody";
  /** What it does with the text after the cursor. */
  suffix: "reads" | "ignores" | "refuses" = "ignores";
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  static async start(port = 0): Promise<FakeServer> {
    const server = new FakeServer();
    await new Promise<void>((resolve) => server.#server.listen(port, "127.0.0.1", resolve));
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get address(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = "";
    for await (const part of request) text += part;
    const path = request.url ?? "";
    const body = text === "" ? {} : (JSON.parse(text) as Record<string, unknown>);
    this.asked.push({ path, key: request.headers.authorization, body });
    if (this.refuse !== undefined) return void response.writeHead(this.refuse.status).end(this.refuse.body);
    if (path === "/v1/models") {
      return void response.end(
        JSON.stringify({ object: "list", data: this.models.map((id) => ({ id, owned_by: this.owner })) }),
      );
    }
    if (path !== "/v1/completions" && path !== "/v1/chat/completions") return void response.writeHead(404).end();
    if (!this.models.includes(String(body.model))) {
      return void response.writeHead(404).end(`{"error":{"message":"The model ${body.model} does not exist."}}`);
    }
    if (body.suffix !== undefined && this.suffix === "refuses") {
      return void response.writeHead(400).end('{"error":{"message":"suffix is not currently supported"}}');
    }
    if (body.stream !== true) {
      const read = `${body.prompt}${this.suffix === "reads" ? body.suffix : ""}`;
      const usage = { prompt_tokens: read.split(" ").length, completion_tokens: 1 };
      return void response.end(JSON.stringify({ choices: [{ text: "x", finish_reason: "length" }], usage }));
    }
    let closed = false;
    response.once("close", () => {
      if (!response.writableFinished) this.aborted++;
      closed = true;
    });
    await this.hold;
    response.writeHead(200, { "content-type": "text/event-stream" });
    if (this.raw !== undefined) return void response.end(`data: ${this.raw}\n\n`);
    const isChat = path.includes("chat");
    const event = (piece: string | undefined) => {
      const choice = isChat ? { delta: piece === undefined ? {} : { content: piece } } : { text: piece ?? "" };
      const data = JSON.stringify({
        choices: [{ index: 0, ...choice, finish_reason: piece === undefined ? this.finish : null }],
      });
      return `data: ${data}\r\n\r\n`;
    };
    for (const piece of this.pieces) {
      if (closed) return;
      // In two halves, so that packets do not contain whole events.
      const bytes = Buffer.from(event(piece));
      response.write(bytes.subarray(0, 20));
      await new Promise((resolve) => setTimeout(resolve, this.pieceMs));
      response.write(bytes.subarray(20));
    }
    if (this.breaks) return void response.destroy();
    response.write(event(undefined));
    response.end("data: [DONE]\n\n");
  }
}
