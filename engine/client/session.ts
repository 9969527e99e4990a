/** One run of the engine, from the first attempt to reach it to its end. */
import { type MessageConnection, ResponseError } from "vscode-jsonrpc/node";
import * as protocol from "../protocol/index.ts";
import { messageOf } from "./errors.ts";
import { NOTIFICATIONS, type NotificationName } from "./events.ts";
import { Heartbeat, repeat } from "./heartbeat.ts";
import { connectToSharedEngine, type EngineLink, forkEngine } from "./link.ts";
import { RejectOnExit } from "./rejectOnExit.ts";
import { CannotShareError, socketPath } from "./socketPath.ts";

/**
 * Milliseconds to wait for the answer to `initialize`. A healthy engine gives it at once; loading the model comes
 * later.
 */
const HANDSHAKE_MS = 10_000;
const SHUTDOWN_MS = 1_000;

export interface SessionOptions {
  /** Path of the bundled engine. */
  script: string;
  root: string;
  storage: string;
  conversations: string;
  settings: protocol.EngineSettings;
  /** Whether to use the engine of the other windows. */
  isShared: boolean;
  log(line: string): void;
  /** Milliseconds between two heartbeats. Default: the value in heartbeat.ts. */
  heartbeatMs?: number | undefined;
  /** Called for every notification of the engine that {@link NOTIFICATIONS} lists, with its parameters. */
  onNotification(name: NotificationName, params: unknown): void;
}

/** The two sides have different versions of the protocol; starting again would not help. */
export class HandshakeError extends Error {
  override name = "HandshakeError";
}

export class EngineSession {
  /** Resolves when the engine has ended or was disconnected, with a few words on how. Never rejects. */
  readonly ended: Promise<string>;
  readonly #options: SessionOptions;
  readonly #heartbeat: Heartbeat;
  #end: (how: string) => void = () => {};
  readonly #answers = new RejectOnExit();
  #link: EngineLink | undefined;
  #pid: number | undefined;
  #isStopping = false;
  #isEnding = false;
  #sharingFailed = false;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#heartbeat = new Heartbeat({
      // Sending fails once the connection has closed, which is reported elsewhere.
      ping: async () => this.connection.sendRequest(protocol.ping),
      onHung: () => {
        this.#end("it no longer answered");
        this.#kill();
      },
      repeat: (call) => repeat(call, options.heartbeatMs),
    });
    this.ended = new Promise((resolve) => {
      this.#end = (how) => {
        resolve(how);
        this.#answers.end(how);
      };
    });
  }

  /** Process id, once it is known. */
  get pid(): number | undefined {
    return this.#pid;
  }

  /** The connection. A session that has not started has none. */
  get connection(): MessageConnection {
    if (this.#link === undefined) throw new Error("The engine is starting.");
    return this.#link.connection;
  }

  /** True once this window has ended the session. */
  get isStopping(): boolean {
    return this.#isStopping;
  }

  /** True when the engine of the other windows could not be reached, so that this window has one of its own. */
  get sharingFailed(): boolean {
    return this.#sharingFailed;
  }

  /** True once the engine has announced its end, because another window has stopped it. */
  get isEnding(): boolean {
    return this.#isEnding;
  }

  /**
   * Reaches an engine and agrees on the protocol version.
   *
   * @throws HandshakeError when the engine refuses; Error when it does not answer or has died.
   */
  async start(): Promise<void> {
    const link = await this.#reach();
    this.#link = link;
    this.#pid = link.pid;
    void link.ended.then((how) => {
      this.#end(this.#isEnding ? "another window restarts it" : how);
      // By then all outstanding requests have been rejected; disposing earlier would reject them with the library's
      // words.
      setImmediate(() => link.connection.dispose());
    });
    this.#listen(link.connection);
    if (this.#isStopping) link.disconnect();
    await this.#initialize(link);
  }

  /** The engine of the other windows if that is wanted and possible, else one of this window's own. */
  async #reach(): Promise<EngineLink> {
    const { script, isShared, log } = this.#options;
    if (isShared) {
      try {
        return await connectToSharedEngine(socketPath(this.#options), this.#options, () => !this.#isStopping);
      } catch (error) {
        if (!(error instanceof CannotShareError)) {
          this.#end(messageOf(error));
          throw error;
        }
        log(`This window has an engine of its own: ${error.message}.`);
        this.#sharingFailed = true;
      }
    }
    return forkEngine(script, log);
  }

  #listen(connection: MessageConnection): void {
    const { log, onNotification } = this.#options;
    // That a process has just died need not be reported here, because `ended` does that.
    connection.onError(([error]) => log(`Connection: ${error.message}`));
    connection.onNotification(protocol.logged, ({ line }) => log(line));
    connection.onNotification(protocol.ending, () => {
      this.#isEnding = true;
      this.disconnect();
    });
    for (const name of Object.keys(NOTIFICATIONS) as NotificationName[]) {
      connection.onNotification(NOTIFICATIONS[name].method, (params: unknown) => onNotification(name, params));
    }
    connection.listen();
  }

  async #initialize(link: EngineLink): Promise<void> {
    const { root, storage, conversations, settings } = this.#options;
    const params: protocol.InitializeParams = {
      protocolVersion: protocol.PROTOCOL_VERSION,
      root,
      storage,
      conversations,
      settings,
    };
    const answer = link.connection.sendRequest(protocol.initialize, params).catch((error: unknown) => {
      throw error instanceof ResponseError ? new HandshakeError(error.message) : error;
    });
    const onTimeout = () => {
      this.#sharingFailed ||= link.isShared;
    };
    const result = await this.rejectOnExit(withTimeout(answer, HANDSHAKE_MS, "The engine does not answer.", onTimeout));
    if (result.protocolVersion !== protocol.PROTOCOL_VERSION) {
      throw new HandshakeError(
        `The engine speaks protocol version ${result.protocolVersion}, the extension ${protocol.PROTOCOL_VERSION}. ` +
          "Reload the window; if that does not help, reinstall Sterna.",
      );
    }
    this.#pid = result.processId;
  }

  /** The answer, or a rejection as soon as the process has ended, because then no answer will ever come. */
  rejectOnExit<T>(answer: Promise<T>): Promise<T> {
    this.#heartbeat.watch(answer);
    return this.#answers.wait(answer);
  }

  /** Ends this window's use of the engine. An engine that no other window uses ends as well. */
  async close(): Promise<void> {
    if (this.#link?.isShared === false) {
      await this.stop();
      return;
    }
    this.#isStopping = true;
    this.disconnect();
    await this.ended;
  }

  /** Ends the process, for all windows. It is asked first and killed after a second. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    try {
      this.connection.sendRequest(protocol.shutdown).catch(() => {});
    } catch {
      // The engine was not reached yet, or its connection is closed: the process has ended or is about to end.
    }
    const timer = setTimeout(() => this.#kill(), SHUTDOWN_MS);
    if (this.#link === undefined) this.disconnect();
    await this.ended;
    clearTimeout(timer);
  }

  /** Disconnects at once and ends a process that belongs to this window. */
  disconnect(): void {
    if (this.#link === undefined) this.#end("disconnected");
    else this.#link.disconnect();
  }

  #kill(): void {
    if (this.#link?.isShared && this.#pid !== undefined) {
      try {
        process.kill(this.#pid, "SIGKILL");
      } catch {
        // The process has ended meanwhile.
      }
    }
    this.disconnect();
  }
}

async function withTimeout<T>(
  promise: Promise<T>,
  milliseconds: number,
  message: string,
  onTimeout: () => void,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      onTimeout();
      reject(new Error(message));
    }, milliseconds);
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
