/** Registers the view of models and the commands on them. */
import * as vscode from "vscode";
import type { ModelRow } from "../../engine/protocol/models.ts";
import type { Services } from "../services.ts";
import { MODELS_VIEW, ModelsView } from "./modelsView.ts";

export function registerModels(context: vscode.ExtensionContext, services: Services): void {
  const { models, engine, config, serverKey, command } = services;
  context.subscriptions.push(
    vscode.window.registerTreeDataProvider(MODELS_VIEW, new ModelsView(models)),
    config.onDidChange(() => models.refresh()),
    engine.listen({
      onStarted: () => models.refresh(),
      onModelProgress: (progress) => models.showProgress(progress),
    }),
  );
  command("sterna.manageModels", () => vscode.commands.executeCommand(`${MODELS_VIEW}.focus`));
  command("sterna.getChatModel", () => models.getChatModel());
  command("sterna.downloadModel", (row?: ModelRow) => models.download(row));
  command("sterna.pauseDownload", (row?: ModelRow) => models.pause(row));
  command("sterna.useModel", (row?: ModelRow) => models.use(row));
  command("sterna.useModelForChat", (row?: ModelRow) => models.use(row, true));
  command("sterna.removeModel", (row?: ModelRow) => models.remove(row));
  command("sterna.removeSource", (row?: ModelRow) => models.compact(row));
  command("sterna.modelDetails", (row?: ModelRow) => models.details(row));
  command("sterna.setServerKey", () => serverKey.ask());
  command("sterna.benchMachine", () => models.bench());
}
