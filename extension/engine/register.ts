/** Starts the engine, logs what happens to it, and sends it every change of the settings. */
import { cpus, totalmem } from "node:os";
import * as vscode from "vscode";
import { StatusLog } from "../../engine/client/statusLine.ts";
import type { Services } from "../services.ts";

export function registerEngine(context: vscode.ExtensionContext, services: Services): void {
  const { engine, config, log, serverKey, command } = services;
  const processors = cpus();
  const { version } = context.extension.packageJSON as { version: string };
  log.info(
    `Sterna ${version} in ${vscode.env.appName} ${vscode.version} on ${process.platform}-${process.arch}: ` +
      `${processors.length} x ${processors[0]?.model.trim() ?? "unknown processor"}, ` +
      `${(totalmem() / 1e9).toFixed(1)} GB of memory.`,
  );
  const lines = new StatusLog();
  context.subscriptions.push(
    engine.listen({
      onStatus: (status) => {
        const line = lines.next(status);
        if (line === "") return;
        if (status.state === "failed") log.error(line);
        else log.info(line);
      },
    }),
    config.onDidChange(() => engine.configure()),
  );
  command("sterna.restart", () => engine.restart());
  command("sterna.showLog", () => log.show());
  command("sterna.copyServerCommand", () => copyServerCommand(context));
  // The key must be read before the first connection, which would fail without it.
  void serverKey.read().finally(() => engine.start());
}

/**
 * Copies the command that starts this installation's language server with this editor's storage, so that both share one
 * engine.
 */
async function copyServerCommand(context: vscode.ExtensionContext): Promise<void> {
  const server = context.asAbsolutePath("dist/sterna.mjs");
  const command = ["node", server, "lsp", "--storage", context.globalStorageUri.fsPath];
  await vscode.env.clipboard.writeText(JSON.stringify(command));
  const text = "The command of Sterna's language server is on the clipboard, as a list of words for another editor.";
  void vscode.window.showInformationMessage(text);
}
