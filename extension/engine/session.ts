/**
 * One run of the engine, from the first try to reach it to its end.
 */
import { type MessageConnection, ResponseError } from "vscode-jsonrpc/node";
import * as protocol from "../../engine/protocol/index.ts";
import { Watchdog } from "./heartbeat.ts";
import { type EngineLink, forkEngine, joinEngine } from "./link.ts";
import { UnlessEnded } from "./rejectOnExit.ts";
import { CannotShareError, meetingPlace } from "./socketPath.ts";

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
  /** Use the engine of the other windows. */
  isShared: boolean;
  log(line: string): void;
  onStatus(status: protocol.Status): void;
  onModelProgress?(progress: protocol.ModelProgress): void;
  onAccepted?(acceptance: protocol.Acceptance): void;
  onChatEvent(conversation: string, event: protocol.ChatEvent): void;
  /** Nothing can be shared: the engine is this window's own. */
  onAlone(): void;
  /** Of the {@link Watchdog}. */
  beatMs?: number | undefined;
}

/** The two sides do not fit together; starting again would not help. */
export class HandshakeError extends Error {
  override name = "HandshakeError";
}

export class EngineSession {
  /** Resolves when the engine has ended or was left, with a few words on how. Never rejects. */
  readonly ended: Promise<string>;
  readonly #options: SessionOptions;
  readonly #watchdog: Watchdog;
  #end: (how: string) => void = () => {};
  readonly #answers = new UnlessEnded();
  #link: EngineLink | undefined;
  #pid: number | undefined;
  #stopping = false;
  #isEnding = false;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#watchdog = new Watchdog({
      // Sending fails where the connection has closed, which is told elsewhere.
      ping: async () => this.connection.sendRequest(protocol.ping),
      onHung: () => {
        this.#end("it did not answer any more");
        this.#kill();
      },
      beatMs: options.beatMs,
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

  /** Only of a session that has started. */
  get connection(): MessageConnection {
    if (this.#link === undefined) throw new Error("The engine is starting.");
    return this.#link.connection;
  }

  /** True once the end of the session was asked for. */
  get stopping(): boolean {
    return this.#stopping;
  }

  /** True once the engine has said that it ends, because a window has asked for that. */
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
      // Whoever waits for an answer has heard of the end by then; disposing rejects it with words for nobody.
      setImmediate(() => link.connection.dispose());
    });
    this.#listen(link.connection);
    if (this.#stopping) link.cut();
    await this.#initialize(link);
  }

  /** The engine of the other windows where that is wanted and possible, else one of this window's own. */
  async #reach(): Promise<EngineLink> {
    const { script, isShared, log, onAlone } = this.#options;
    if (isShared) {
      try {
        return await joinEngine(meetingPlace(this.#options), this.#options, () => !this.#stopping);
      } catch (error) {
        if (!(error instanceof CannotShareError)) {
          this.#end(error instanceof Error ? error.message : String(error));
          throw error;
        }
        log(`This window has an engine of its own: ${error.message}.`);
        onAlone();
      }
    }
    return forkEngine(script, log);
  }

  #listen(connection: MessageConnection): void {
    const { log, onStatus, onModelProgress, onAccepted, onChatEvent } = this.#options;
    // A message to a process that has just died is no news: `ended` tells it.
    connection.onError(([error]) => log(`Connection: ${error.message}`));
    connection.onNotification(protocol.logged, ({ line }) => log(line));
    connection.onNotification(protocol.ending, () => {
      this.#isEnding = true;
      this.cut();
    });
    connection.onNotification(protocol.status, onStatus);
    connection.onNotification(protocol.modelProgress, (progress) => onModelProgress?.(progress));
    connection.onNotification(protocol.suggestionAccepted, (acceptance) => onAccepted?.(acceptance));
    connection.onNotification(protocol.chatEvent, ({ conversation, event }) => onChatEvent(conversation, event));
    connection.listen();
  }

  async #initialize(link: EngineLink): Promise<void> {
    const { root, storage, conversations, settings, onAlone } = this.#options;
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
    const onSilence = () => {
      if (link.isShared) onAlone();
    };
    const result = await this.unlessEnded(withTimeout(answer, HANDSHAKE_MS, "The engine does not answer.", onSilence));
    if (result.protocolVersion !== protocol.PROTOCOL_VERSION) {
      throw new HandshakeError(
        `The engine speaks protocol version ${result.protocolVersion}, the extension ${protocol.PROTOCOL_VERSION}. ` +
          "Reload the window; if that does not help, reinstall Sterna.",
      );
    }
    this.#pid = result.processId;
  }

  /** The answer, or a rejection as soon as the process has ended: an answer will then never come. */
  unlessEnded<T>(answer: Promise<T>): Promise<T> {
    this.#watchdog.watch(answer);
    return this.#answers.wait(answer);
  }

  /** Ends this window's use of the engine. One that no other window uses ends, too. */
  async leave(): Promise<void> {
    if (this.#link?.isShared === false) {
      await this.stop();
      return;
    }
    this.#stopping = true;
    this.cut();
    await this.ended;
  }

  /** Ends the process, for all windows: asked first, forced after a second. */
  async stop(): Promise<void> {
    this.#stopping = true;
    try {
      this.connection.sendRequest(protocol.shutdown).catch(() => {});
    } catch {
      // Not reached yet, or already disposed of: the process has ended, or is about to.
    }
    const timer = setTimeout(() => this.#kill(), SHUTDOWN_MS);
    if (this.#link === undefined) this.cut();
    await this.ended;
    clearTimeout(timer);
  }

  /** Gives the engine up, and ends a process of the window's own. */
  cut(): void {
    if (this.#link === undefined) this.#end("left");
    else this.#link.cut();
  }

  #kill(): void {
    if (this.#link?.isShared && this.#pid !== undefined) {
      try {
        process.kill(this.#pid, "SIGKILL");
      } catch {
        // It has ended meanwhile.
      }
    }
    this.cut();
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
