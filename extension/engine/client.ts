/**
 * Starts, watches and restarts the engine process, and offers its requests as typed calls. Free of `vscode`, so that
 * tests run it in plain Node.
 */
import type { CancellationToken, MessageConnection, ProgressType, RequestParam, RequestType } from "vscode-jsonrpc";
import * as protocol from "../../engine/protocol/index.ts";
import { RestartPolicy } from "./restartPolicy.ts";
import { EngineSession, HandshakeError, type SessionOptions } from "./session.ts";

export interface ClientOptions {
  /** Path of the bundled engine, looked up at every start. */
  script(): string;
  /** Package root. */
  root: string;
  /** Folder for packed models. */
  storage: string;
  /** Folder for conversations. */
  conversations: string;
  settings(): protocol.EngineSettings;
  /** Use one engine together with the other windows, where that is possible. Default false. */
  isShared?: boolean;
  /** Milliseconds between looks whether the engine hangs; default that of the watchdog. */
  beatMs?: number;
  log(line: string): void;
  onStatus(status: protocol.Status): void;
  onModelProgress?(progress: protocol.ModelProgress): void;
  onAccepted?(acceptance: protocol.Acceptance): void;
  onChatEvent(conversation: string, event: protocol.ChatEvent): void;
  /** After every start: the engine knows no document yet. */
  onStarted(): void;
  /** The engine has gone, and with it what it was doing. */
  onEnded(): void;
}

/** Just enough of a cancellation token: that of VS Code and that of vscode-jsonrpc both fit. */
export type Cancellation = CancellationToken;

const STOPPED: protocol.Status = { state: "failed", detail: "The engine is stopped." };
/** Before the first start, which comes while the editor starts: nothing has failed. */
const STARTING: protocol.Status = { state: "starting", detail: "The engine is starting." };

export class EngineClient {
  readonly #options: ClientOptions;
  readonly #policy = new RestartPolicy();
  #session: EngineSession | undefined;
  /** The session once it has shaken hands. */
  #connected: EngineSession | undefined;
  #restartTimer: NodeJS.Timeout | undefined;
  #progressTokens = 0;
  /** Sharing has failed. */
  #isAlone = false;
  #status: protocol.Status = STARTING;

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  get status(): protocol.Status {
    return this.#status;
  }

  /** Process id, while the process lives. */
  get pid(): number | undefined {
    return this.#session?.pid;
  }

  /** Starts the engine unless it runs. Failures show in the status. */
  start(): void {
    this.#start("Starting the engine");
  }

  #start(detail: string): void {
    clearTimeout(this.#restartTimer);
    if (this.#session === undefined) {
      this.#setStatus({ state: "starting", detail });
      void this.#run();
    }
  }

  /** Ends the engine if it runs, for all windows, and starts it anew; earlier crashes are forgotten. */
  async restart(): Promise<void> {
    await this.#end((session) => session.stop());
    this.#policy.reset();
    this.#isAlone = false;
    this.start();
  }

  /** Leaves the engine for good. It ends with the last window that leaves it. */
  async stop(): Promise<void> {
    await this.#end((session) => session.leave());
  }

  async #end(how: (session: EngineSession) => Promise<void>): Promise<void> {
    clearTimeout(this.#restartTimer);
    const session = this.#session;
    this.#session = undefined;
    this.#connected = undefined;
    if (session !== undefined) {
      await how(session);
      this.#options.onEnded();
      this.#setStatus(STOPPED);
    }
  }

  configure(): void {
    void this.#notify((connection) => connection.sendNotification(protocol.configure, this.#options.settings()));
  }

  openDocument(document: protocol.DocumentOpen): void {
    void this.#notify((connection) => connection.sendNotification(protocol.documentOpened, document));
  }

  changeDocument(change: protocol.DocumentChange): void {
    void this.#notify((connection) => connection.sendNotification(protocol.documentChanged, change));
  }

  saveDocument(uri: string): void {
    void this.#notify((connection) => connection.sendNotification(protocol.documentSaved, { uri }));
  }

  sendDefinitions(found: protocol.Definitions): void {
    void this.#notify((connection) => connection.sendNotification(protocol.definitionsFound, found));
  }

  moveCursor(place: protocol.CursorPlace): void {
    void this.#notify((connection) => connection.sendNotification(protocol.cursorMoved, place));
  }

  dismissSuggestion(uri: string): void {
    void this.#notify((connection) => connection.sendNotification(protocol.suggestionDismissed, { uri }));
  }

  leaveCursor(): void {
    void this.#notify((connection) => connection.sendNotification(protocol.cursorLeft));
  }

  closeDocument(uri: string): void {
    void this.#notify((connection) => connection.sendNotification(protocol.documentClosed, { uri }));
  }

  /** Never rejects: whatever goes wrong is a silence. */
  async complete(params: protocol.CompleteParams, token: Cancellation): Promise<protocol.CompleteResult> {
    const session = this.#connected;
    if (session === undefined) {
      return { kind: "silent", reason: "not-ready", detail: this.#status.detail };
    }
    try {
      return await session.unlessEnded(session.connection.sendRequest(protocol.complete, params, token));
    } catch (error) {
      const reason = token.isCancellationRequested ? "cancelled" : "failed";
      return { kind: "silent", reason, detail: error instanceof Error ? error.message : String(error) };
    }
  }

  /**
   * Sends a request.
   *
   * @throws Error with a line for people when there is no answer.
   */
  async request<P, R>(type: RequestType<P, R, void>, params: P, token?: Cancellation): Promise<R> {
    const session = this.#connected;
    if (session === undefined) {
      throw new Error(this.#status.detail);
    }
    return await session.unlessEnded(session.connection.sendRequest(type, params as RequestParam<P>, token));
  }

  /** Sends a request that tells how it gets on; otherwise like {@link request}. */
  async stream<P, R, T>(
    type: RequestType<P & { progressToken: number }, R, void>,
    params: P,
    progressType: ProgressType<T>,
    onProgress: (news: T) => void,
    token?: Cancellation,
  ): Promise<R> {
    const progressToken = ++this.#progressTokens;
    const progress = this.#connected?.connection.onProgress(progressType, progressToken, onProgress);
    try {
      return await this.request(type, { ...params, progressToken }, token);
    } finally {
      progress?.dispose();
    }
  }

  async listModels(): Promise<protocol.ModelRow[]> {
    return this.#connected === undefined ? [] : await this.#ask((engine) => engine.sendRequest(protocol.modelList));
  }

  /**
   * Resolves when the model is there and verified; cancelling pauses the download.
   *
   * @throws Error with a line for people, as the other requests about models do.
   */
  downloadModel(id: string, token: Cancellation): Promise<string> {
    return this.#ask((engine) => engine.sendRequest(protocol.modelDownload, { id }, token));
  }

  async removeModel(id: string): Promise<void> {
    await this.#ask((engine) => engine.sendRequest(protocol.modelRemove, { id }));
  }

  /** Keeps the packed form of a model alone, and gives its path. */
  compactModel(id: string): Promise<string> {
    return this.#ask((engine) => engine.sendRequest(protocol.modelCompact, { id }));
  }

  /** Measures the machine; one line for people. */
  benchMachine(): Promise<string> {
    return this.#ask((engine) => engine.sendRequest(protocol.machineBench));
  }

  async #ask<R>(send: (connection: MessageConnection) => Promise<R>): Promise<R> {
    const session = this.#connected;
    if (session === undefined) {
      throw new Error(this.#status.detail);
    }
    return await session.unlessEnded(send(session.connection));
  }

  /** Streams one answer, beside all conversations. */
  chat(
    params: Omit<protocol.ChatParams, "progressToken">,
    onText: (text: string) => void,
    token: Cancellation,
  ): Promise<protocol.ChatResult> {
    return this.stream(protocol.chat, params, protocol.chatText, onText, token);
  }

  /** Runs a command's task, telling how it gets on. */
  task(
    request: protocol.TaskRequest,
    onProgress: (progress: protocol.TaskProgress) => void,
    token: Cancellation,
  ): Promise<protocol.TaskResult> {
    const { task, taskProgress } = protocol;
    return this.stream<protocol.TaskRequest, protocol.TaskResult, protocol.TaskProgress>(
      task,
      request,
      taskProgress,
      onProgress,
      token,
    );
  }

  expectTask(code: protocol.CodeContext): void {
    void this.#notify((connection) => connection.sendNotification(protocol.taskExpected, { code }));
  }

  /** Sends a notification; without an engine it is dropped, because a new engine is told everything anew. */
  async #notify(send: (connection: MessageConnection) => Promise<void>): Promise<void> {
    try {
      if (this.#connected !== undefined) {
        await send(this.#connected.connection);
      }
    } catch (error) {
      this.#options.log(`A message was not sent: ${error instanceof Error ? error.message : error}`);
    }
  }

  async #run(): Promise<void> {
    const { script, root, storage, conversations, log } = this.#options;
    /** An engine that is at work for other windows may be ready before the handshake has ended. */
    let early: protocol.Status | undefined;
    const options: SessionOptions = {
      script: script(),
      root,
      storage,
      conversations,
      settings: this.#options.settings(),
      isShared: this.#options.isShared === true && !this.#isAlone,
      log,
      beatMs: this.#options.beatMs,
      onAlone: () => {
        this.#isAlone = true;
      },
      onModelProgress: (progress) => this.#options.onModelProgress?.(progress),
      onAccepted: (acceptance) => this.#options.onAccepted?.(acceptance),
      onStatus: (status) => {
        if (this.#connected === session) {
          this.#setStatus(status);
        } else {
          early = status;
        }
      },
      onChatEvent: this.#options.onChatEvent,
    };
    const session = new EngineSession(options);
    this.#session = session;
    void session.ended.then((how) => this.#onEnd(session, how));
    try {
      await session.start();
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      log(`Start failed: ${message}`);
      if (error instanceof HandshakeError && this.#session === session) {
        this.#session = undefined;
        this.#setStatus({ state: "failed", detail: message });
      }
      session.cut();
      return;
    }
    if (this.#session === session) {
      this.#connected = session;
      this.#options.onStarted();
      if (early !== undefined) this.#setStatus(early);
    }
  }

  #onEnd(session: EngineSession, how: string): void {
    this.#options.log(`The engine process has ended (${how}).`);
    if (this.#session !== session || session.stopping) {
      return;
    }
    this.#session = undefined;
    this.#connected = undefined;
    this.#options.onEnded();
    if (session.isEnding) {
      // No crash, and nothing to wait for.
      this.#start("Another window has restarted the engine");
      return;
    }
    const decision = this.#policy.crashed(performance.now());
    if (decision.kind === "restart") {
      this.#setStatus({ state: "starting", detail: `The engine stopped (${how}); starting it again` });
      this.#restartTimer = setTimeout(() => this.start(), decision.afterMs);
    } else {
      this.#setStatus({
        state: "failed",
        detail:
          `The engine stopped ${decision.crashes} times within a minute (${how}). ` +
          'The log says more; the command "Sterna: Restart Engine" tries again.',
      });
    }
  }

  #setStatus(status: protocol.Status): void {
    this.#status = status;
    this.#options.onStatus(status);
  }
}
