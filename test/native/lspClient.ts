/** An LSP editor without an editor: Microsoft's own client of the protocol, connected to `sterna lsp` by stdio. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { join } from "node:path";
import {
  type ClientCapabilities,
  createProtocolConnection,
  DidChangeTextDocumentNotification,
  DidOpenTextDocumentNotification,
  ExitNotification,
  InitializedNotification,
  InitializeRequest,
  type InitializeResult,
  InlineCompletionRequest,
  LogMessageNotification,
  type Position,
  type ProtocolConnection,
  ShutdownRequest,
  StreamMessageReader,
  StreamMessageWriter,
} from "vscode-languageserver-protocol/node";
import { root } from "../unit/root.ts";

export const INLINE: ClientCapabilities = { textDocument: { inlineCompletion: {} } };

export interface LspOptions {
  capabilities?: ClientCapabilities;
  settings?: unknown;
  /** Address of the workspace folder. */
  folder?: string;
  env?: NodeJS.ProcessEnv;
}

export class LspClient {
  readonly child: ChildProcessWithoutNullStreams;
  readonly connection: ProtocolConnection;
  readonly lines: string[] = [];
  readonly exit: Promise<number | null>;
  stderr = "";

  /** @param script the command's file; default: the bundled `sterna`. */
  constructor(storage: string, { env, script }: { env?: NodeJS.ProcessEnv | undefined; script?: string } = {}) {
    const args = [script ?? join(root, "dist", "sterna.mjs"), "lsp", "--stdio", "--storage", storage];
    this.child = spawn(process.execPath, args, { env: { ...process.env, ...env } });
    this.child.stderr.on("data", (data) => {
      this.stderr += data;
    });
    this.exit = new Promise((resolve) => this.child.once("exit", resolve));
    this.connection = createProtocolConnection(
      new StreamMessageReader(this.child.stdout),
      new StreamMessageWriter(this.child.stdin),
    );
    this.connection.onNotification(LogMessageNotification.type, ({ message }) => {
      this.lines.push(message);
    });
    this.connection.listen();
  }

  async initialize({ capabilities = INLINE, settings = {}, folder }: LspOptions = {}): Promise<InitializeResult> {
    const result = await this.connection.sendRequest(InitializeRequest.type, {
      processId: process.pid,
      rootUri: folder ?? null,
      capabilities,
      workspaceFolders: folder === undefined ? null : [{ uri: folder, name: "workspace" }],
      initializationOptions: settings,
    });
    await this.connection.sendNotification(InitializedNotification.type, {});
    return result;
  }

  /** Resolves when the engine's log says that the model is loaded. */
  async ready(): Promise<void> {
    const end = performance.now() + 60_000;
    while (!this.lines.some((line) => line.startsWith("Model ready"))) {
      if (performance.now() > end) throw new Error(`No model:\n${this.lines.join("\n")}\n${this.stderr}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** Process id of the engine that serves this client. */
  get enginePid(): number {
    return Number(/process (\d+)/.exec(this.lines.findLast((line) => line.startsWith("The engine runs")) ?? "")?.[1]);
  }

  async open(uri: string, languageId: string, text: string): Promise<void> {
    const textDocument = { uri, languageId, version: 1, text };
    await this.connection.sendNotification(DidOpenTextDocumentNotification.type, { textDocument });
  }

  async type(uri: string, version: number, position: Position, text: string): Promise<void> {
    await this.connection.sendNotification(DidChangeTextDocumentNotification.type, {
      textDocument: { uri, version },
      contentChanges: [{ range: { start: position, end: position }, text }],
    });
  }

  /** Suggestions at a place; by default asked for by hand. */
  async suggest(uri: string, position: Position, triggerKind: 1 | 2 = 1) {
    const answer = await this.connection.sendRequest(InlineCompletionRequest.type, {
      textDocument: { uri },
      position,
      context: { triggerKind },
    });
    return answer === null ? [] : Array.isArray(answer) ? answer : answer.items;
  }

  async stop(): Promise<number | null> {
    await this.connection.sendRequest(ShutdownRequest.type);
    await this.connection.sendNotification(ExitNotification.type);
    return await this.exit;
  }
}
