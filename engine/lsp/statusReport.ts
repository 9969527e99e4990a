/** What the client shows of the engine's state: progress while a model is loaded, and one message if that fails. */
import {
  type Connection,
  MessageType,
  ShowMessageNotification,
  type ShowMessageParams,
  type WorkDoneProgressServerReporter,
} from "vscode-languageserver/node";
import type { Status } from "../protocol/status.ts";

export class StatusReport {
  readonly #connection: Pick<Connection, "window" | "sendNotification">;
  /** Whether the client shows progress that a server begins. */
  readonly #showsProgress: () => boolean;
  #progress: Promise<WorkDoneProgressServerReporter | undefined> | undefined;
  #failure = "";

  constructor(connection: Pick<Connection, "window" | "sendNotification">, showsProgress: () => boolean) {
    this.#connection = connection;
    this.#showsProgress = showsProgress;
  }

  show({ state, detail }: Status): void {
    if (state === "starting") this.#report(detail);
    else this.#end();
    if (state === "failed" && detail !== this.#failure) {
      this.#failure = detail;
      const message: ShowMessageParams = { type: MessageType.Error, message: `Sterna: ${detail}` };
      // A message without buttons, which the client need not answer.
      void this.#connection.sendNotification(ShowMessageNotification.type, message);
    } else if (state === "ready") {
      this.#failure = "";
    }
  }

  #report(detail: string): void {
    if (!this.#showsProgress()) return;
    if (this.#progress !== undefined) {
      void this.#progress.then((progress) => progress?.report(detail));
      return;
    }
    this.#progress = this.#connection.window.createWorkDoneProgress().then(
      (progress) => {
        progress.begin("Sterna", undefined, detail, false);
        return progress;
      },
      // A client that refuses shows no progress.
      () => undefined,
    );
  }

  #end(): void {
    void this.#progress?.then((progress) => progress?.done());
    this.#progress = undefined;
  }
}
