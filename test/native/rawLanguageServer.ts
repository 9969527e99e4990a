/** `sterna lsp` and its messages as they are: for what a client of the protocol would not send, or would hide. */
import assert from "node:assert/strict";
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { join } from "node:path";
import { type RequestMessage, type ResponseMessage, StreamMessageReader } from "vscode-jsonrpc/node";
import { root } from "../unit/root.ts";
import { poll } from "./harness.ts";

/** What the server sends other than answers. It has an id when it wants an answer. */
type Call = Partial<RequestMessage> & { method: string; params?: { message?: string } };

export class RawLanguageServer {
  readonly child: ChildProcessWithoutNullStreams;
  readonly exit: Promise<number | null>;
  /** All answers, in the order in which they came. */
  readonly answers: ResponseMessage[] = [];
  stderr = "";

  /** @param onCall returns the result or the error that the server gets, where it wants an answer. */
  constructor(storage: string, onCall: (call: Call) => Pick<ResponseMessage, "result" | "error">) {
    this.child = spawn(process.execPath, [join(root, "dist/sterna.mjs"), "lsp", "--storage", storage]);
    this.child.stderr.on("data", (data) => {
      this.stderr += data;
    });
    this.exit = new Promise((resolve) => this.child.once("exit", resolve));
    new StreamMessageReader(this.child.stdout).listen((message) => {
      if (!("method" in message)) {
        this.answers.push(message as ResponseMessage);
        return;
      }
      const answer = onCall(message as Call);
      if ("id" in message) this.send({ jsonrpc: "2.0", id: message.id, ...answer });
    });
  }

  send(message: unknown): void {
    this.sendText(JSON.stringify(message));
  }

  /** Sends a body that need not be JSON. */
  sendText(body: string): void {
    this.child.stdin.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  }

  answerTo(id: number): Promise<ResponseMessage> {
    return poll(
      () => {
        const found = this.answers.find((answer) => answer.id === id);
        if (found === undefined) assert.equal(this.child.exitCode, null, this.stderr);
        return found;
      },
      () => `${id} has no answer\n${this.stderr}`,
    );
  }
}
