/** The page that says what is in the workspace's index, and why a file is not. */
import * as vscode from "vscode";
import { type RepositoryStatus, repositoryStatus } from "../../engine/protocol/repository.ts";
import type { Services } from "../services.ts";
import type { IndexedFiles } from "./indexedFiles.ts";
import { indexReport } from "./indexReport.ts";

const SCHEME = "sterna-index";
const ADDRESS = vscode.Uri.from({ scheme: SCHEME, path: "/Sterna Index.md" });

export function registerIndexStatus(context: vscode.ExtensionContext, services: Services, files: IndexedFiles): void {
  const { engine, config, command } = services;
  const changed = new vscode.EventEmitter<vscode.Uri>();
  context.subscriptions.push(
    changed,
    vscode.workspace.registerTextDocumentContentProvider(SCHEME, {
      onDidChange: changed.event,
      provideTextDocumentContent: async () => {
        const status = await Promise.resolve<RepositoryStatus>(engine.request(repositoryStatus)).catch(() => undefined);
        return indexReport(status, config.current.indexesRepository, files.refused);
      },
    }),
  );
  command("sterna.showIndex", async () => {
    // The page may be open with what was so before.
    changed.fire(ADDRESS);
    await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(ADDRESS), { preview: true });
  });
}
