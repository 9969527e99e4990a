/**
 * The item in the status bar: the engine's state, and on hover why there was no suggestion and how long it took.
 */
import * as vscode from "vscode";
import type { Status } from "../../engine/protocol/status.ts";
import type { Services } from "../services.ts";
import { type LastResult, lastResult, type RequestEnd, type StatusInputs, statusText } from "./statusText.ts";

export function registerStatusItem(context: vscode.ExtensionContext, { engine, config, statusItem }: Services): void {
  context.subscriptions.push(
    engine.listen({ onStatus: (status) => statusItem.setStatus(status) }),
    config.onDidChange(({ enabled }) => statusItem.setEnabled(enabled)),
  );
}

/** Work shorter than this many milliseconds is not shown, because the item would flicker at every keystroke. */
const WORKING_AFTER_MS = 200;

export class StatusItem implements vscode.Disposable {
  readonly #item: vscode.StatusBarItem;
  #status: Status;
  #enabled: boolean;
  #last: LastResult | undefined;
  #delay: NodeJS.Timeout | undefined;

  constructor(status: Status, enabled: boolean) {
    this.#item = vscode.window.createStatusBarItem("sterna.status", vscode.StatusBarAlignment.Right, 100);
    this.#item.name = "Sterna";
    this.#item.command = "sterna.menu";
    this.#status = status;
    this.#enabled = enabled;
    this.#render();
    this.#item.show();
  }

  /** The most important line of what the item says on hover. */
  get summary(): string {
    return statusText(this.#inputs()).summary;
  }

  setStatus(status: Status): void {
    clearTimeout(this.#delay);
    if (status.state === "working") {
      this.#delay = setTimeout(() => {
        this.#status = status;
        this.#render();
      }, WORKING_AFTER_MS);
    } else {
      this.#status = status;
      this.#render();
    }
  }

  setEnabled(enabled: boolean): void {
    this.#enabled = enabled;
    this.#render();
  }

  /** A request has ended that was not cancelled. */
  setResult(result: RequestEnd): void {
    this.#last = lastResult(result, this.#last);
    this.#render();
  }

  dispose(): void {
    clearTimeout(this.#delay);
    this.#item.dispose();
  }

  #inputs(): StatusInputs {
    return { status: this.#status, enabled: this.#enabled, last: this.#last };
  }

  #render(): void {
    const { text, label, tooltip, isError } = statusText(this.#inputs());
    this.#item.text = text;
    this.#item.accessibilityInformation = { label, role: "button" };
    this.#item.tooltip = ["Sterna", ...tooltip].join("\n");
    this.#item.backgroundColor = isError ? new vscode.ThemeColor("statusBarItem.errorBackground") : undefined;
  }
}
