/** Registers suggestions while typing. */
import * as vscode from "vscode";
import type { CompleteResult } from "../../engine/protocol/completion.ts";
import { suggestionDismissed } from "../../engine/protocol/completion.ts";
import { setEnabled } from "../config.ts";
import { DefinitionFinder } from "../repository/definitions.ts";
import type { Services } from "../services.ts";
import { CursorReporter } from "./cursorReports.ts";
import { ACCEPTED_COMMAND, InlineProvider, SELECTOR } from "./inlineProvider.ts";
import type { Silence } from "./silenceSentences.ts";

export function registerInline(context: vscode.ExtensionContext, services: Services): void {
  const { engine, documents, access, config, history, statusItem, statistics, log, command } = services;
  const onResult = (result: CompleteResult, uri: string) => {
    statistics.answered(result);
    history.answered(result, uri);
    log.debug(JSON.stringify(result));
    // A cancelled request says nothing about the text on the screen.
    if (result.kind === "shown" || result.reason !== "cancelled") {
      statusItem.setResult(result);
    }
  };
  const onSilence = (reason: Silence) => {
    history.silent(reason);
    if (reason !== "cancelled") {
      statusItem.setResult({ kind: "silent", reason });
    }
  };
  const definitions = new DefinitionFinder(engine, access);
  const cursor = new CursorReporter({ engine, documents, definitions, config });
  const provider = new InlineProvider({ engine, documents, config, onResult, onSilence });

  /** Whether the engine has a model. When it gets one, the cursor is reported, so that the prompt is computed. */
  let isLoaded = false;
  context.subscriptions.push(
    cursor,
    definitions,
    provider,
    vscode.languages.registerInlineCompletionItemProvider(SELECTOR, provider),
    engine.listen({
      onStarted: () => {
        isLoaded = false;
        documents.resendAll();
      },
      onCompletionLate: (place) => provider.answerIsLate(place),
      onStatus: ({ state }) => {
        if (state === "ready" && !isLoaded) {
          isLoaded = true;
          cursor.report();
        }
      },
    }),
  );
  command("sterna.toggle", () => setEnabled(!config.current.enabled));
  command("sterna.trigger", () => vscode.commands.executeCommand("editor.action.inlineSuggest.trigger"));
  command("sterna.dismiss", async () => {
    const uri = vscode.window.activeTextEditor?.document.uri.toString();
    await vscode.commands.executeCommand("editor.action.inlineSuggest.hide");
    provider.dismissed();
    if (uri !== undefined) engine.notify(suggestionDismissed, { uri });
  });
  command(ACCEPTED_COMMAND, () => {
    history.counts.accepted++;
    statistics.acceptedByCommand();
  });
}
