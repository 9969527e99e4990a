/** A hub on this machine that serves a few files with a hub's headers, and misbehaves as the test tells it. */
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export type Fault =
  | "none"
  | "drop"
  | "stall"
  | "short-length"
  | "long-body"
  | "wrong-bytes"
  | "no-ranges"
  | "wrong-range"
  | "forbidden"
  | "too-many"
  | "come-back-tomorrow"
  | "broken"
  | "redirect"
  | "redirect-loop"
  | "web-page"
  | "no-head"
  | "no-checksum"
  | "other-checksum"
  | "no-answer";

export interface Asked {
  method: string;
  path: string;
  range: string | undefined;
}

export class BadServer {
  readonly asked: Asked[] = [];
  /** The bytes of bodies that it has sent. */
  sent = 0;
  /** The fault of the next answer to a request. */
  fault: (request: Asked) => Fault = () => "none";
  /** After how many bytes of a body it drops the connection or stalls. */
  breakAfter: (length: number) => number = (length) => Math.floor(length / 2);
  /** Bytes per second, roughly; 0 means as fast as possible. */
  bytesPerSecond = 0;
  readonly #files: ReadonlyMap<string, Buffer>;
  readonly #server: Server;

  private constructor(files: Record<string, Buffer>) {
    this.#files = new Map(Object.entries(files));
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  static async start(files: Record<string, Buffer>): Promise<BadServer> {
    const server = new BadServer(files);
    await new Promise<void>((resolve) => server.#server.listen(0, "127.0.0.1", resolve));
    return server;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  url(name: string): URL {
    return new URL(`/owner/model/resolve/main/${name}`, this.origin);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "GET", url = "/" } = request;
    const path = new URL(url, this.origin).pathname;
    const asked = { method, path, range: request.headers.range };
    this.asked.push(asked);
    const fault = this.fault(asked);
    const bytes = this.#files.get(path.split("/").at(-1) ?? "");
    const fail = (status: number, headers: Record<string, string> = {}) => {
      response.writeHead(status, headers).end();
    };
    if (bytes === undefined) return fail(404);
    switch (fault) {
      case "forbidden":
        return fail(403);
      case "too-many":
        return fail(429, { "retry-after": "2" });
      case "come-back-tomorrow":
        return fail(429, { "retry-after": "86400" });
      case "broken":
        return fail(500);
      case "no-answer":
        return void request.socket.destroy();
      case "redirect-loop":
        return fail(302, { location: url });
      case "web-page":
        response.writeHead(200, { "content-type": "text/html; charset=utf-8" });
        return void response.end("<html>Log in</html>");
      case "no-head":
        if (method === "HEAD") return fail(405);
        break;
      case "redirect":
        // Like a real hub: the redirect has the file's statement, and the store behind it has tags of its own.
        if (!path.startsWith("/store")) {
          return fail(307, { ...this.#statement(bytes), location: `/store/${path.split("/").at(-1)}` });
        }
        break;
    }
    const isStore = path.startsWith("/store");
    const statement = isStore || fault === "no-checksum" ? { etag: '"store-1"' } : this.#statement(bytes);
    if (fault === "other-checksum" && !isStore) {
      statement["x-linked-etag"] = `"${createHash("sha256").update("another file").digest("hex")}"`;
    }
    const from = this.#start(asked.range, bytes.length, fault);
    if (from === undefined) return fail(416, { "content-range": `bytes */${bytes.length}` });
    let body = bytes.subarray(from.offset);
    const headers: Record<string, string | number> = { ...statement, "content-type": "application/octet-stream" };
    if (from.partial) {
      const claimed = fault === "wrong-range" ? from.offset + 1 : from.offset;
      headers["content-range"] = `bytes ${claimed}-${bytes.length - 1}/${bytes.length}`;
    }
    if (method === "HEAD") {
      response.writeHead(200, { ...headers, "content-length": bytes.length }).end();
      return;
    }
    if (fault === "wrong-bytes" && body.length > 0) {
      body = Buffer.from(body);
      body[body.length >> 1] = (body[body.length >> 1] ?? 0) ^ 1;
    }
    if (fault === "short-length") body = body.subarray(0, body.length >> 1);
    if (fault === "long-body") body = Buffer.concat([body, Buffer.from("and more")]);
    // Without a length, the end of the connection is the end of the body.
    response.writeHead(
      from.partial ? 206 : 200,
      fault === "long-body" ? headers : { ...headers, "content-length": body.length },
    );
    const breakAt = fault === "drop" || fault === "stall" ? this.breakAfter(body.length) : undefined;
    await this.#write(response, breakAt === undefined ? body : body.subarray(0, breakAt));
    if (breakAt === undefined) response.end();
    else if (fault === "drop") response.destroy();
  }

  async #write(response: ServerResponse, body: Buffer): Promise<void> {
    const step = this.bytesPerSecond > 0 ? Math.max(1, Math.floor(this.bytesPerSecond / 100)) : 16 << 10;
    for (let at = 0; at < body.length && !response.destroyed; at += step) {
      const piece = body.subarray(at, at + step);
      this.sent += piece.length;
      response.write(piece);
      await new Promise((resolve) => setTimeout(resolve, this.bytesPerSecond > 0 ? 10 : 0));
    }
    // What was written is sent before the connection is broken.
    await new Promise((resolve) => setImmediate(resolve));
  }

  #start(range: string | undefined, length: number, fault: Fault): { offset: number; partial: boolean } | undefined {
    const first = /^bytes=(\d+)-/.exec(range ?? "")?.[1];
    if (first === undefined || fault === "no-ranges") return { offset: 0, partial: false };
    return Number(first) < length ? { offset: Number(first), partial: true } : undefined;
  }

  /** Large files have their SHA-256 and small ones Git's checksum, as on a hub. */
  #statement(bytes: Buffer): Record<string, string> {
    const common = { "x-repo-commit": "0".repeat(40) };
    if (bytes.length > 4096) {
      const sha256 = createHash("sha256").update(bytes).digest("hex");
      return { ...common, etag: `"${sha256}"`, "x-linked-etag": `"${sha256}"`, "x-linked-size": `${bytes.length}` };
    }
    const git = createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex");
    return { ...common, etag: `"${git}"` };
  }
}
