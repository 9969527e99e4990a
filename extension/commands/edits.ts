/** The commands that change code: they ask the engine, and show its answer as a proposal. */
import * as vscode from "vscode";
import * as protocol from "../../engine/protocol/index.ts";
import type { ChatView } from "../chat/view.ts";
import type { EngineClient } from "../engine/client.ts";
import { codeContext } from "./codeContext.ts";
import type { Proposals } from "./proposal.ts";

export interface EditDependencies {
  client: EngineClient;
  chat: ChatView;
  proposals: Proposals;
}

const TITLES: Record<protocol.EditTask, string> = {
  refactor: "Refactor",
  fix: "Fix",
  document: "Document",
  tests: "Tests",
  edit: "Change",
};

/** What a code action hands to its command. */
export interface ActionPlace {
  uri: vscode.Uri;
  range: vscode.Range;
  /** The problem to fix. */
  message?: string;
}

export class EditCommands {
  readonly #deps: EditDependencies;

  constructor(deps: EditDependencies) {
    this.#deps = deps;
  }

  /** @param given where; the active editor's selection when nothing is given. Rejects with a line for people. */
  async run(task: protocol.EditTask, given?: ActionPlace): Promise<void> {
    const { document, range } = await placeOf(given);
    const code = await codeContext(document, range);
    const instruction = await this.#instruction(task, code, document, range, given);
    if (instruction === undefined) {
      return;
    }
    const cancellation = new vscode.CancellationTokenSource();
    try {
      await vscode.window.withProgress(
        { location: vscode.ProgressLocation.Window, title: `Sterna: ${TITLES[task]}` },
        () => this.#ask(document, { task, code, instruction }, cancellation),
      );
    } finally {
      cancellation.dispose();
    }
  }

  /** Shows code out of an answer as a change of the active editor. */
  async apply(text: string): Promise<void> {
    const { document, range } = await placeOf(undefined);
    const result = await this.#deps.client.request(protocol.fitCode, {
      code: await codeContext(document, range),
      text,
    });
    if (result.kind !== "edit") {
      throw new Error(`The code cannot be applied here. ${result.kind === "chat" ? result.reason : ""}`);
    }
    const place = { title: "Apply", uri: document.uri, document, target: result.target };
    await this.#deps.proposals.open(place, () => {});
    this.#deps.proposals.show(result.text, true);
  }

  /** Asks for what the model needs to know; undefined when the user has given up. */
  async #instruction(
    task: protocol.EditTask,
    code: protocol.CodeContext,
    document: vscode.TextDocument,
    range: vscode.Range,
    given: ActionPlace | undefined,
  ): Promise<string | undefined> {
    switch (task) {
      case "fix": {
        const problem = given?.message ?? problemAt(document, range);
        if (problem === undefined) {
          throw new Error("There is no problem at the cursor.");
        }
        return problem;
      }
      case "refactor":
      case "edit": {
        // While the user types, the model reads the code.
        this.#deps.client.expectTask(code);
        const isRefactor = task === "refactor";
        const text = await vscode.window.showInputBox({
          title: isRefactor ? "Refactor" : "Change the code",
          prompt: isRefactor ? "What should be better? Empty: simpler and easier to read." : "What should change?",
        });
        return text === undefined || (!isRefactor && text.trim() === "") ? undefined : text;
      }
      default:
        return "";
    }
  }

  async #ask(
    document: vscode.TextDocument,
    params: { task: protocol.EditTask; code: protocol.CodeContext; instruction: string },
    cancellation: vscode.CancellationTokenSource,
  ): Promise<void> {
    const { client, proposals, chat } = this.#deps;
    let opening: Promise<void> | undefined;
    const onProgress = (progress: protocol.TaskProgress) => {
      if (progress.type === "target") {
        opening = this.#open(document, params.task, progress, () => cancellation.cancel());
      } else if (!cancellation.token.isCancellationRequested) {
        proposals.show(progress.text, false);
      }
    };
    try {
      const result = await client.task(params, onProgress, cancellation.token);
      await opening;
      if (cancellation.token.isCancellationRequested || result.kind === "cancelled") {
        return;
      }
      if (result.kind === "edit") {
        proposals.show(result.text, true);
        return;
      }
      await proposals.withdraw();
      if (result.kind === "chat") {
        await chat.focus();
        await chat.relay.record(result.question, result.text, `Not applied. ${result.reason}`);
      }
    } catch (error) {
      await opening?.catch(() => {});
      await proposals.withdraw();
      if (!cancellation.token.isCancellationRequested) {
        throw error;
      }
    }
  }

  async #open(
    document: vscode.TextDocument,
    task: protocol.EditTask,
    { target, file }: Extract<protocol.TaskProgress, { type: "target" }>,
    onReject: () => void,
  ): Promise<void> {
    const { proposals } = this.#deps;
    const title = TITLES[task];
    const folder = vscode.workspace.getWorkspaceFolder(document.uri);
    if (file === "") {
      return await proposals.open({ title, uri: document.uri, document, target }, onReject);
    }
    const uri = folder === undefined ? siblingOf(document.uri, file) : vscode.Uri.joinPath(folder.uri, file);
    const existing = await vscode.workspace.openTextDocument(uri).then(
      (found) => found,
      () => undefined,
    );
    const end = existing?.lineCount ?? 0;
    await proposals.open({ title, uri, document: existing, target: { start: end, end } }, onReject);
  }
}

async function placeOf(
  given: ActionPlace | undefined,
): Promise<{ document: vscode.TextDocument; range: vscode.Range }> {
  if (given?.uri !== undefined) {
    return { document: await vscode.workspace.openTextDocument(given.uri), range: given.range };
  }
  const editor = vscode.window.activeTextEditor;
  if (editor === undefined) {
    throw new Error("No editor is open.");
  }
  return { document: editor.document, range: editor.selection };
}

/** The worst problem where the command is given, else on its line. */
function problemAt(document: vscode.TextDocument, range: vscode.Range): string | undefined {
  const problems = vscode.languages
    .getDiagnostics(document.uri)
    .filter((problem) => problem.range.start.line <= range.end.line && problem.range.end.line >= range.start.line)
    .sort((one, other) => one.severity - other.severity);
  return (problems.find((problem) => problem.range.intersection(range) !== undefined) ?? problems[0])?.message;
}

function siblingOf(uri: vscode.Uri, file: string): vscode.Uri {
  return vscode.Uri.joinPath(uri, "..", file.slice(file.lastIndexOf("/") + 1));
}
