/** Keeps the statistics between sessions, checks whether accepted text survives, and shows the page. */
import { randomBytes } from "node:crypto";
import * as vscode from "vscode";
import type { Acceptance, CompleteResult } from "../../engine/protocol/completion.ts";
import type { Services } from "../services.ts";
import { isBarePair } from "./barePair.ts";
import { hasSurvived, Statistics, SURVIVAL_MS } from "./statistics.ts";
import { statisticsPage } from "./statisticsPage.ts";

const KEY = "statistics";
/** Milliseconds between two writes; the last one is at the end of the session. */
const SAVE_MS = 30_000;
/** Milliseconds within which the editor reports that a suggestion was accepted, after its text was inserted. */
const COMMAND_MS = 300;

export function registerStatistics(context: vscode.ExtensionContext, { engine, statistics, command }: Services): void {
  context.subscriptions.push(engine.listen({ onAccepted: (acceptance) => statistics.accepted(acceptance) }));
  command("sterna.showStatistics", () => statistics.show());
}

export class StatisticsPanel implements vscode.Disposable {
  readonly #state: vscode.Memento;
  readonly #statistics: Statistics;
  readonly #timers = new Set<NodeJS.Timeout>();
  #lastCommand = Number.NEGATIVE_INFINITY;
  #saving: NodeJS.Timeout | undefined;
  #panel: vscode.WebviewPanel | undefined;

  constructor(state: vscode.Memento) {
    this.#state = state;
    this.#statistics = new Statistics(state.get(KEY), today, () => this.#changed());
  }

  answered(result: CompleteResult): void {
    if (result.kind === "shown") this.#statistics.recordShown(result.source, result.timings.totalMs);
    else this.#statistics.silent(result.reason);
  }

  /** The editor has accepted a whole suggestion. */
  acceptedByCommand(): void {
    this.#lastCommand = performance.now();
  }

  /** The engine has seen the text of a suggestion, or the beginning of it, appear in the document. */
  accepted(acceptance: Acceptance): void {
    if (!isBarePair(acceptance.text)) {
      this.#count(acceptance);
      return;
    }
    // The editor closes brackets by itself, so a bare pair counts as accepted only if the editor says so.
    const seen = performance.now();
    this.#later(COMMAND_MS, () => {
      if (this.#lastCommand > seen - COMMAND_MS) this.#count(acceptance);
    });
  }

  #count({ uri, offset, text }: Acceptance): void {
    this.#statistics.accepted(text.length);
    this.#later(SURVIVAL_MS, () => {
      const document = vscode.workspace.textDocuments.find((open) => open.uri.toString() === uri);
      // A document that was closed cannot be checked.
      if (document !== undefined) this.#statistics.checked(hasSurvived(text, offset, document.getText()));
    });
  }

  #later(milliseconds: number, run: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      run();
    }, milliseconds);
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
