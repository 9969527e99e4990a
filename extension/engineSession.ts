/**
 * One run of the engine process, from the fork to its end.
 */
import { type ChildProcess, fork } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import {
  createMessageConnection,
  IPCMessageReader,
  IPCMessageWriter,
  type MessageConnection,
  ResponseError,
} from "vscode-jsonrpc/node";
import * as protocol from "../engine/protocol.ts";

/** A healthy engine answers `initialize` within milliseconds; loading the model comes after. */
const HANDSHAKE_MS = 10_000;
const SHUTDOWN_MS = 1_000;

export interface SessionOptions {
  /** Path of the bundled engine. */
  script: string;
  root: string;
  storage: string;
  conversations: string;
  settings: protocol.EngineSettings;
  log(line: string): void;
  onStatus(status: protocol.Status): void;
  onAccepted?(acceptance: protocol.Acceptance): void;
  onChatEvent(conversation: string, event: protocol.ChatEvent): void;
}

/** The two sides do not fit together; starting again would not help. */
export class HandshakeError extends Error {
  override name = "HandshakeError";
}

export class EngineSession {
  readonly connection: MessageConnection;
  /** Resolves when the process has ended, with a few words on how. Never rejects. */
  readonly ended: Promise<string>;
  readonly #child: ChildProcess;
  #stopping = false;

  constructor(options: SessionOptions) {
    const { NODE_OPTIONS: _, ...env } = process.env;
    this.#child = fork(options.script, [], {
      execPath: process.execPath,
      // What the extension host was started with (an inspector port, say) is not meant for the engine.
      execArgv: [],
      env: { ...env, ELECTRON_RUN_AS_NODE: "1" },
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    this.ended = new Promise((resolve) => {
      this.#child.once("exit", (code, signal) => resolve(signal === null ? `exit code ${code}` : `signal ${signal}`));
      this.#child.once("error", (error) => resolve(error.message));
    });
    forwardLines(this.#child.stdout, options.log);
    forwardLines(this.#child.stderr, options.log);

    this.connection = createMessageConnection(new IPCMessageReader(this.#child), new IPCMessageWriter(this.#child));
    // A message to a process that has just died is no news: `ended` tells it.
    this.connection.onError(([error]) => options.log(`Connection: ${error.message}`));
    this.connection.onNotification(protocol.status, options.onStatus);
    this.connection.onNotification(protocol.suggestionAccepted, (acceptance) => options.onAccepted?.(acceptance));
    this.connection.onNotification(protocol.chatEvent, ({ conversation, event }) =>
      options.onChatEvent(conversation, event),
    );
    this.connection.listen();
    void this.ended.then(() => this.connection.dispose());
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** True once the end of the process was asked for. */
  get stopping(): boolean {
    return this.#stopping;
  }

  /**
   * Agrees on the protocol version.
   *
   * @throws HandshakeError when the engine refuses; Error when it does not answer or has died.
   */
  async initialize(options: SessionOptions): Promise<void> {
    const { root, storage, conversations, settings } = options;
    const params: protocol.InitializeParams = {
      protocolVersion: protocol.PROTOCOL_VERSION,
      root,
      storage,
      conversations,
      settings,
    };
    const answer = this.connection.sendRequest(protocol.initialize, params).catch((error: unknown) => {
      throw error instanceof ResponseError ? new HandshakeError(error.message) : error;
    });
    const result = await this.unlessEnded(withTimeout(answer, HANDSHAKE_MS, "The engine does not answer."));
    if (result.protocolVersion !== protocol.PROTOCOL_VERSION) {
      throw new HandshakeError(
        `The engine speaks protocol version ${result.protocolVersion}, the extension ${protocol.PROTOCOL_VERSION}. ` +
          "Reload the window; if that does not help, reinstall Sterna.",
      );
    }
  }

  /** The answer, or a rejection as soon as the process has ended: an answer will then never come. */
  unlessEnded<T>(answer: Promise<T>): Promise<T> {
    // Disposing of the connection rejects the answer as well; whoever lost the race has been heard.
    answer.catch(() => {});
    return Promise.race([
      this.ended.then((how) => {
        throw new Error(`The engine has stopped (${how}).`);
      }),
      answer,
    ]);
  }

  /** Ends the process: asked first, forced after a second. */
  async stop(): Promise<void> {
    this.#stopping = true;
    try {
      this.connection.sendRequest(protocol.shutdown).catch(() => {});
    } catch {
      // Already disposed of: the process has ended, or is about to.
    }
    const timer = setTimeout(() => this.kill(), SHUTDOWN_MS);
    await this.ended;
    clearTimeout(timer);
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }
}

function forwardLines(stream: Readable | null, log: (line: string) => void): void {
  if (stream !== null) {
    createInterface({ input: stream }).on("line", log);
  }
}

async function withTimeout<T>(promise: Promise<T>, milliseconds: number, message: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(message)), milliseconds);
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
