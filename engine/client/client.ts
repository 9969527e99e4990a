/**
 * Starts, watches and restarts the engine process, and sends its requests and notifications. Free of `vscode`, so that
 * tests run it in plain Node.
 */
import {
  type CancellationToken,
  type NotificationType,
  NotificationType0,
  type ProgressType,
  type RequestParam,
  type RequestType,
  RequestType0,
} from "vscode-jsonrpc";
import * as protocol from "../protocol/index.ts";
import { messageOf, plainError } from "./errors.ts";
import { type EngineEvents, EventHub } from "./events.ts";
import { RestartPolicy } from "./restartPolicy.ts";
import { EngineSession, HandshakeError } from "./session.ts";

export interface ClientOptions {
  /** The path of the bundled engine, asked for at every start. */
  script(): string;
  /** Package root. */
  root: string;
  /** Folder for packed models. */
  storage: string;
  /** Folder for conversations. */
  conversations: string;
  settings(): protocol.EngineSettings;
  /** Whether to share one engine with the other windows, where that is possible. Default false. */
  isShared?: boolean;
  /** Milliseconds between two heartbeats. Default: the value in heartbeat.ts. */
  heartbeatMs?: number;
  log(line: string): void;
}

/** Fits the cancellation tokens of VS Code and those of vscode-jsonrpc. */
export type Cancellation = CancellationToken;

/** The parameters of a request that reports progress, but for the progress token, which the client chooses. */
type WithoutToken<P> = P extends unknown ? Omit<P, "progressToken"> : never;

const STOPPED: protocol.Status = { state: "failed", detail: "The engine is stopped." };
/** The status before the first start. The editor itself is still starting then, so nothing has failed. */
const STARTING: protocol.Status = { state: "starting", detail: "The engine is starting." };

export class EngineClient {
  readonly #options: ClientOptions;
  readonly #policy = new RestartPolicy();
  readonly #events = new EventHub();
  #session: EngineSession | undefined;
  /** The session once its handshake has succeeded. */
  #connected: EngineSession | undefined;
  #restartTimer: NodeJS.Timeout | undefined;
  #progressTokens = 0;
  /** Whether sharing an engine with the other windows has failed; it is not tried again. */
  #sharingFailed = false;
  #status: protocol.Status = STARTING;

  constructor(options: ClientOptions, listener: Partial<EngineEvents> = {}) {
    this.#options = options;
    this.listen(listener);
  }

  get status(): protocol.Status {
    return this.#status;
  }

  /** Process id, while the process is running. */
  get pid(): number | undefined {
    return this.#session?.pid;
  }

  get isConnected(): boolean {
    return this.#connected !== undefined;
  }

  /** @returns an object whose `dispose` ends the listening. */
  listen(listener: Partial<EngineEvents>): { dispose(): void } {
    return this.#events.listen(listener);
  }

  /** Starts the engine unless it is running. Failures are shown in the status. */
  start(): void {
    this.#start("Starting the engine");
  }

  /** Ends the engine, for all windows, and starts it again. Earlier crashes are forgotten. */
  async restart(): Promise<void> {
    this.#options.log("The engine is restarted.");
    await this.#end((session) => session.stop());
    this.#policy.reset();
    this.#sharingFailed = false;
    this.start();
  }

  /** Disconnects from the engine for good. It ends when its last window has disconnected. */
  async stop(): Promise<void> {
    await this.#end((session) => session.close());
  }

  /** Sends the settings as they are now. */
  configure(): void {
    this.notify(protocol.configure, this.#options.settings());
  }

  /** Never rejects: any failure is reported as a silence. */
  async complete(params: protocol.CompleteParams, token: Cancellation): Promise<protocol.CompleteResult> {
    if (this.#connected === undefined) {
      return { kind: "silent", reason: "not-ready", detail: this.#status.detail };
    }
    try {
      return await this.request(protocol.complete, params, token);
    } catch (error) {
      return {
        kind: "silent",
        reason: token.isCancellationRequested ? "cancelled" : "failed",
        detail: messageOf(error),
      };
    }
  }

  /**
   * Sends a request.
   *
   * @throws Error with one sentence for people when there is no answer.
   */
  request<R>(type: RequestType0<R, void>): Promise<R>;
  request<P, R>(type: RequestType<P, R, void>, params: P, token?: Cancellation): Promise<R>;
  async request<P, R>(
    type: RequestType0<R, void> | RequestType<P, R, void>,
    params?: P,
    token?: Cancellation,
  ): Promise<R> {
    const session = this.#connected;
    if (session === undefined) {
      throw new Error(this.#status.detail || "The engine is not ready.");
    }
    const { connection } = session;
    try {
      return await session.rejectOnExit(
        type instanceof RequestType0
          ? connection.sendRequest(type)
          : connection.sendRequest(type, params as RequestParam<P>, token),
      );
    } catch (error) {
      throw plainError(error);
    }
  }

  /** Sends a request that reports its progress; otherwise like {@link request}. */
  async stream<P extends { progressToken: number }, R, T>(
    type: RequestType<P, R, void>,
    params: NoInfer<WithoutToken<P>>,
    progressType: ProgressType<T>,
    onProgress: (progress: NoInfer<T>) => void,
    token?: Cancellation,
  ): Promise<R> {
    const progressToken = ++this.#progressTokens;
    const progress = this.#connected?.connection.onProgress(progressType, progressToken, onProgress);
    try {
      return await this.request(type, { ...params, progressToken } as unknown as P, token);
    } finally {
      progress?.dispose();
    }
  }

  /** Sends a notification. Without an engine it is dropped, because a new engine is sent everything anew. */
  notify(type: NotificationType0): void;
  notify<P>(type: NotificationType<P>, params: P): void;
  notify<P>(type: NotificationType0 | NotificationType<P>, params?: P): void {
    const connection = this.#connected?.connection;
    if (connection === undefined) return;
    const onError = (error: unknown) => this.#options.log(`A message was not sent: ${messageOf(error)}`);
    try {
      const sent =
        type instanceof NotificationType0
          ? connection.sendNotification(type)
          : connection.sendNotification(type, params as RequestParam<P>);
      sent.catch(onError);
    } catch (error) {
      onError(error);
    }
  }

  #start(detail: string): void {
    clearTimeout(this.#restartTimer);
    if (this.#session === undefined) {
      this.#setStatus({ state: "starting", detail });
      void this.#run();
    }
  }

  async #end(how: (session: EngineSession) => Promise<void>): Promise<void> {
    clearTimeout(this.#restartTimer);
    const session = this.#session;
    this.#session = undefined;
    this.#connected = undefined;
    if (session !== undefined) {
      await how(session);
      this.#events.emit("onEnded");
      this.#setStatus(STOPPED);
    }
  }

  async #run(): Promise<void> {
    const { script, settings, isShared, ...rest } = this.#options;
    /** A status that came before the handshake had ended, as an engine that other windows use already may send it. */
    let early: protocol.Status | undefined;
    const session = new EngineSession({
      ...rest,
      script: script(),
      settings: settings(),
      isShared: isShared === true && !this.#sharingFailed,
      onNotification: (name, params) => {
        if (name !== "onStatus") this.#events.emit(name, ...([params] as never));
        else if (this.#connected === session) this.#setStatus(params as protocol.Status);
        else early = params as protocol.Status;
      },
    });
    this.#session = session;
    void session.ended.then((how) => this.#onEnd(session, how));
    try {
      await session.start();
    } catch (error) {
      this.#onStartFailed(session, error);
      return;
    } finally {
      this.#sharingFailed ||= session.sharingFailed;
    }
    if (this.#session === session) {
      this.#connected = session;
      this.#options.log(`The engine runs (process ${session.pid}).`);
      this.#events.emit("onStarted");
      if (early !== undefined) this.#setStatus(early);
    }
  }

  #onStartFailed(session: EngineSession, error: unknown): void {
    const message = messageOf(error);
    this.#options.log(`The engine did not start: ${message}`);
    if (error instanceof HandshakeError && this.#session === session) {
      this.#session = undefined;
      this.#setStatus({ state: "failed", detail: message });
    }
    session.disconnect();
  }

  #onEnd(session: EngineSession, how: string): void {
    this.#options.log(`The engine process has ended (${how}).`);
    if (this.#session !== session || session.isStopping) {
      return;
    }
    this.#session = undefined;
    this.#connected = undefined;
    this.#events.emit("onEnded");
    if (session.isEnding) {
      // The engine has not crashed, so there is no reason to wait before it is started again.
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
    this.#events.emit("onStatus", status);
  }
}
