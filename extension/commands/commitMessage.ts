/** Writes the commit message for what is staged into the box of the source control view. */
import * as vscode from "vscode";
import * as protocol from "../../engine/protocol/index.ts";
import type { FileAccess } from "../repository/fileAccess.ts";
import type { EditDependencies } from "./edits.ts";
import { innermost, splitDiff } from "./stagedDiff.ts";

/** The part of the interface of VS Code's Git extension that is used here. */
interface Repository {
  rootUri: vscode.Uri;
  inputBox: { value: string };
  diff(cached: boolean): Promise<string>;
}
interface GitExtension {
  getAPI(version: 1): { repositories: Repository[] };
}

/** @param scm the source control whose button was pressed. @throws Error with one sentence for people. */
export async function commitMessage(
  { engine, chat, access }: EditDependencies,
  scm?: { rootUri?: vscode.Uri },
): Promise<void> {
  const repository = await repositoryOf(scm?.rootUri);
  const diff = await readableDiff(repository, access);
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
      (_, token) => engine.stream(protocol.task, { task: "commit", diff }, protocol.taskProgress, onProgress, token),
    );
  } finally {
    // When there is no message, the text that was in the box is restored.
    repository.inputBox.value = result?.kind === "message" ? result.text : before;
  }
  if (result.kind === "chat") {
    await chat.focus();
    await chat.relay.record(result.question, result.text, result.reason);
  }
}

/** The staged changes, without files that may not be read. */
async function readableDiff(repository: Repository, access: FileAccess): Promise<string> {
  const files = splitDiff(await repository.diff(true));
  if (files.length === 0) {
    throw new Error("Nothing is staged: stage the changes that the message is to describe.");
  }
  const mayRead = await Promise.all(
    files.map(async ({ path, oldPath }) => {
      const uris = [path, oldPath].map((each) => vscode.Uri.joinPath(repository.rootUri, each));
      const refusals = await Promise.all(uris.map((uri) => access.checkUri(uri)));
      // A staged file was chosen by the user, whether the workspace is trusted or not.
      return refusals.every((refusal) => refusal === undefined || refusal === "untrusted");
    }),
  );
  const readable = files.filter((_, index) => mayRead[index] === true);
  if (readable.length === 0) {
    throw new Error("Only files that Sterna does not read are staged: write the message yourself.");
  }
  return readable.map(({ text }) => text).join("");
}

/** The repository of the button; else the innermost one that contains the open file; else the first. */
async function repositoryOf(root: vscode.Uri | undefined): Promise<Repository> {
  const extension = vscode.extensions.getExtension<GitExtension>("vscode.git");
  if (extension === undefined) {
    throw new Error("VS Code's Git extension is needed for this, and it is disabled.");
  }
  const { repositories } = (await extension.activate()).getAPI(1);
  const known = repositories.map((repository) => ({ repository, path: repository.rootUri.path }));
  const document = vscode.window.activeTextEditor?.document.uri;
  const found = [root, document].flatMap((uri) => (uri && innermost(known, uri.path)) ?? [])[0];
  const repository = found?.repository ?? repositories[0];
  if (repository === undefined) {
    throw new Error("No Git repository is open.");
  }
  return repository;
}
