/** The log: VS Code's output channel, or a document with the last lines where the channel cannot write its file. */
import { statSync } from "node:fs";
import { join } from "node:path";
import * as vscode from "vscode";
import { KeptLog } from "./engine/keptLog.ts";

const SCHEME = "sterna-log";
const ADDRESS = vscode.Uri.from({ scheme: SCHEME, path: "/Sterna.log" });

export class Log implements vscode.Disposable {
  readonly #channel = vscode.window.createOutputChannel("Sterna", { log: true });
  readonly #kept = new KeptLog();
  readonly #changed = new vscode.EventEmitter<vscode.Uri>();
  readonly #provider: vscode.Disposable;
  readonly #folder: string;

  /** @param folder where VS Code keeps the extension's log files. */
  constructor(folder: vscode.Uri) {
    this.#folder = folder.fsPath;
    this.#provider = vscode.workspace.registerTextDocumentContentProvider(SCHEME, {
      onDidChange: this.#changed.event,
      provideTextDocumentContent: () => this.#kept.text,
    });
  }

  info(line: string): void {
    this.#kept.add("info", line);
    this.#channel.info(line);
    this.#changed.fire(ADDRESS);
  }

  error(line: string): void {
    this.#kept.add("error", line);
    this.#channel.error(line);
    this.#changed.fire(ADDRESS);
  }

  /** Logs a detail that is shown only at the level "debug". */
  debug(line: string): void {
    this.#channel.debug(line);
  }

  async show(): Promise<void> {
    // Some builds of VS Code lack the native module that writes log files: their output view stays empty.
    const file = statSync(join(this.#folder, "Sterna.log"), { throwIfNoEntry: false });
    if (file !== undefined && file.size > 0) {
      this.#channel.show();
      return;
    }
    await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(ADDRESS), { preview: true });
  }

  dispose(): void {
    this.#channel.dispose();
    this.#provider.dispose();
    this.#changed.dispose();
  }
}
