/** Writes the commit message for what is staged into the box of the source control view. */
import * as vscode from "vscode";
import type * as protocol from "../../engine/protocol/index.ts";
import type { EditDependencies } from "./edits.ts";

/** Of VS Code's Git extension, as much as is needed. */
interface Repository {
  rootUri: vscode.Uri;
  inputBox: { value: string };
  diff(cached: boolean): Promise<string>;
}
interface GitExtension {
  getAPI(version: 1): { repositories: Repository[] };
}

/** @param scm the source control whose button was pressed. Rejects with a line for people. */
export async function commitMessage({ client, chat }: EditDependencies, scm?: { rootUri?: vscode.Uri }): Promise<void> {
  const repository = await repositoryOf(scm?.rootUri);
  const diff = await repository.diff(true);
  if (diff.trim() === "") {
    throw new Error("Nothing is staged: stage the changes that the message is to describe.");
  }
  const before = repository.inputBox.value;
  const onProgress = (progress: protocol.TaskProgress) => {
    if (progress.type === "text") {
      repository.inputBox.value = progress.text;
    }
  };
  let result: protocol.TaskResult | undefined;
  try {
    result = await vscode.window.withProgress(
      { location: vscode.ProgressLocation.SourceControl, title: "Sterna: commit message", cancellable: true },
      (_, token) => client.task({ task: "commit", diff }, onProgress, token),
    );
  } finally {
    // What was in the box comes back when there is no message.
    repository.inputBox.value = result?.kind === "message" ? result.text : before;
  }
  if (result.kind === "chat") {
    await chat.focus();
    await chat.relay.record(result.question, result.text, result.reason);
  }
}

async function repositoryOf(root: vscode.Uri | undefined): Promise<Repository> {
  const extension = vscode.extensions.getExtension<GitExtension>("vscode.git");
  if (extension === undefined) {
    throw new Error("VS Code's Git extension is needed for this, and it is disabled.");
  }
  const { repositories } = (await extension.activate()).getAPI(1);
  const document = vscode.window.activeTextEditor?.document.uri;
  const holds = (uri: vscode.Uri | undefined) => (repository: Repository) =>
    uri !== undefined && `${uri.path}/`.startsWith(`${repository.rootUri.path}/`);
  const repository = repositories.find(holds(root)) ?? repositories.find(holds(document)) ?? repositories[0];
  if (repository === undefined) {
    throw new Error("No Git repository is open.");
  }
  return repository;
}
