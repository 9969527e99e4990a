/**
 * Asks the engine at every keystroke and hands its answer to the editor. Decides nothing but the user's switches.
 */
import * as vscode from "vscode";
import type { CompleteResult } from "../../engine/protocol.ts";
import type { Config } from "../config.ts";
import type { EngineClient } from "../engineClient.ts";
import { languageEnabled } from "./languages.ts";
import type { DocumentMirror } from "./mirror.ts";
import type { Silence } from "./reasons.ts";

/** Command that runs when a suggestion is accepted; stable API tells it no other way. */
export const ACCEPTED_COMMAND = "sterna.accepted";

export const SELECTOR: vscode.DocumentSelector = [{ scheme: "file" }, { scheme: "untitled" }];

export interface ProviderDependencies {
  client: EngineClient;
  mirror: DocumentMirror;
  config(): Config;
  onResult(result: CompleteResult): void;
  onNotAsked(reason: Silence): void;
}

export class InlineProvider implements vscode.InlineCompletionItemProvider {
  readonly #deps: ProviderDependencies;

  constructor(deps: ProviderDependencies) {
    this.#deps = deps;
  }

  async provideInlineCompletionItems(
    document: vscode.TextDocument,
    position: vscode.Position,
    context: vscode.InlineCompletionContext,
    token: vscode.CancellationToken,
  ): Promise<vscode.InlineCompletionItem[]> {
    const { client, mirror, config, onResult, onNotAsked } = this.#deps;
    const { enabled, languages } = config();
    const manual = context.triggerKind === vscode.InlineCompletionTriggerKind.Invoke;
    if (!manual && !enabled) {
      onNotAsked("off");
      return [];
    }
    if (!manual && !languageEnabled(languages, document.languageId)) {
      onNotAsked("language-off");
      return [];
    }
    mirror.ensureOpen(document);
    const { version } = document;
    const result = await client.complete(
      {
        uri: document.uri.toString(),
        version,
        offset: document.offsetAt(position),
        trigger: manual ? "manual" : "automatic",
      },
      token,
    );
    onResult(result);
    if (result.kind === "silent") {
      if (result.reason === "outdated" && document.version === version) {
        // The mirror has lost a change, though nothing has changed here: the next keystroke finds it mended.
        mirror.open(document);
      }
      return [];
    }
    if (token.isCancellationRequested) {
      return [];
    }
    const range = new vscode.Range(position, position.translate(0, result.replaceLength));
    return [
      new vscode.InlineCompletionItem(result.text, range, { command: ACCEPTED_COMMAND, title: "Suggestion accepted" }),
    ];
  }
}
