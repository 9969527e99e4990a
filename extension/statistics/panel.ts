/**
 * Keeps the statistics between sessions, watches whether accepted text survives, and shows the page.
 */
import { randomBytes } from "node:crypto";
import * as vscode from "vscode";
import type { Acceptance, CompleteResult } from "../../engine/protocol/completion.ts";
import { statisticsPage } from "./page.ts";
import { Statistics, SURVIVAL_MS, stillStands } from "./statistics.ts";

const KEY = "statistics";
/** Written at most so often, and at the end. */
const SAVE_MS = 30_000;

export class StatisticsPanel implements vscode.Disposable {
  readonly #state: vscode.Memento;
  readonly #statistics: Statistics;
  readonly #timers = new Set<NodeJS.Timeout>();
  #saving: NodeJS.Timeout | undefined;
  #panel: vscode.WebviewPanel | undefined;

  constructor(state: vscode.Memento) {
    this.#state = state;
    this.#statistics = new Statistics(state.get(KEY), today, () => this.#changed());
  }

  answered(result: CompleteResult): void {
    if (result.kind === "shown") this.#statistics.shown(result.source, result.timings.totalMs);
    else this.#statistics.silent(result.reason);
  }

  accepted({ uri, offset, text }: Acceptance): void {
    this.#statistics.accepted(text.length);
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      const document = vscode.workspace.textDocuments.find((open) => open.uri.toString() === uri);
      // Nothing is known of one that was closed.
      if (document !== undefined) this.#statistics.checked(stillStands(text, offset, document.getText()));
    }, SURVIVAL_MS);
    this.#timers.add(timer);
  }

  show(): void {
    if (this.#panel === undefined) {
      const { Active } = vscode.ViewColumn;
      this.#panel = vscode.window.createWebviewPanel("sterna.statistics", "Sterna statistics", Active, {
        enableScripts: false,
        localResourceRoots: [],
      });
      this.#panel.onDidDispose(() => {
        this.#panel = undefined;
      });
      this.#panel.onDidChangeViewState(({ webviewPanel }) => {
        if (webviewPanel.visible) this.#render();
      });
    }
    this.#render();
    this.#panel.reveal();
  }

  dispose(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#panel?.dispose();
    if (this.#saving !== undefined) this.#save();
  }

  #render(): void {
    if (this.#panel !== undefined) {
      this.#panel.webview.html = statisticsPage(this.#statistics.days, randomBytes(16).toString("hex"));
    }
  }

  #changed(): void {
    this.#saving ??= setTimeout(() => this.#save(), SAVE_MS);
  }

  #save(): void {
    clearTimeout(this.#saving);
    this.#saving = undefined;
    void this.#state.update(KEY, this.#statistics.days);
  }
}

function today(): string {
  const now = new Date();
  const two = (value: number) => String(value).padStart(2, "0");
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
}
