/** The commands that change code: they ask the engine, and show its answer as a proposal. */
import * as vscode from "vscode";
import { messageOf } from "../../engine/client/errors.ts";
import * as protocol from "../../engine/protocol/index.ts";
import { ActionableError } from "../actionableError.ts";
import { pathInWorkspace, uriOfPath } from "../repository/paths.ts";
import type { Services } from "../services.ts";
import { codeContext, insertionPlace } from "./codeContext.ts";
import { InstructionBox } from "./instructionBox.ts";
import { EDIT_TITLES } from "./titles.ts";

export type EditDependencies = Pick<Services, "engine" | "access" | "models" | "chat" | "proposals">;

/** What a code action passes to its command. */
export interface ActionPlace {
  uri: vscode.Uri;
  range: vscode.Range;
  /** The problem to fix. */
  message?: string;
}

type EditRequest = Extract<protocol.TaskRequest, { task: protocol.EditTask }>;

export class EditCommands {
  readonly #deps: EditDependencies;
  readonly #instructions: InstructionBox;

  constructor(deps: EditDependencies) {
    this.#deps = deps;
    this.#instructions = new InstructionBox(deps.engine);
  }

  /**
   * Carries out a command that changes code.
   *
   * @param given where; the active editor's selection when undefined.
   * @throws Error with one sentence for people.
   */
  async run(task: protocol.EditTask, given?: ActionPlace): Promise<void> {
    const { document, range } = await placeOf(given, this.#deps);
    const code = await codeContext(document, range, this.#deps.access);
    const instruction =
      task === "fix" ? (given?.message ?? problemAt(document, range)) : await this.#instructions.ask(task, code);
    if (instruction === undefined) {
      return;
    }
    const cancellation = new vscode.CancellationTokenSource();
    try {
      await vscode.window.withProgress(
        { location: vscode.ProgressLocation.Window, title: `Sterna: ${EDIT_TITLES[task]}` },
        () => this.#propose(document, { task, code, instruction }, cancellation),
      );
      this.#instructions.forget(task);
    } catch (error) {
      if (error instanceof ActionableError) throw error;
      // The instruction is still in the box when the command is called again.
      throw new ActionableError(messageOf(error), {
        title: "Try Again",
        command: `sterna.${task}`,
        arguments: [{ ...given, uri: document.uri, range } satisfies ActionPlace],
      });
    } finally {
      cancellation.dispose();
    }
  }

  /**
   * Shows code from an answer as a change of the file that the question was about, else of the active editor.
   *
   * @param about the files of the question; one that the editor shows comes before the others.
   */
  async apply(text: string, about: readonly protocol.Subject[] = []): Promise<void> {
    const active = vscode.window.activeTextEditor;
    const activePath = active && pathInWorkspace(active.document.uri);
    const subject = about.find(({ path }) => path === activePath) ?? about[0];
    const isElsewhere = subject !== undefined && subject.path !== activePath;
    const given = isElsewhere ? { uri: await uriOfPath(subject.path), range: new vscode.Range(0, 0, 0, 0) } : undefined;
    const { document, range } = await placeOf(given, this.#deps);
    const result = await this.#deps.engine.request(protocol.fitCode, {
      code: await codeContext(document, range, this.#deps.access),
      text,
      // A present selection comes before the text that the question was about.
      asked: isElsewhere || range.isEmpty ? (subject?.text ?? "") : "",
    });
    if (result.kind !== "edit") {
      throw new Error(`The code cannot be applied here. ${result.kind === "chat" ? result.reason : ""}`);
    }
    const place = { title: "Apply", uri: document.uri, document, target: result.target };
    await this.#deps.proposals.open(place, () => {});
    this.#deps.proposals.show(result.text, true);
  }

  /** Inserts code from an answer at the cursor of the active editor, with its indentation. */
  async insert(text: string): Promise<void> {
    const editor = vscode.window.activeTextEditor;
    if (editor === undefined) {
      throw new Error("No editor is open to insert into.");
    }
    const { document, selection } = editor;
    const place = await insertionPlace(editor, this.#deps.access);
    const placed = await this.#deps.engine.request(protocol.insertCode, { ...place, text });
    await editor.edit((builder) => builder.replace(selection, placed));
    await vscode.window.showTextDocument(document, editor.viewColumn);
  }

  async #propose(
    document: vscode.TextDocument,
    request: EditRequest,
    cancellation: vscode.CancellationTokenSource,
  ): Promise<void> {
    const { engine, proposals, chat } = this.#deps;
    const { token } = cancellation;
    let opening: Promise<void> | undefined;
    const onProgress = (progress: protocol.TaskProgress) => {
      if (progress.type === "target") {
        opening = this.#open(document, request.task, progress, () => cancellation.cancel());
      } else if (!token.isCancellationRequested) {
        proposals.show(progress.text, false);
      }
    };
    try {
      const result = await engine.stream(protocol.task, request, protocol.taskProgress, onProgress, token);
      await opening;
      if (token.isCancellationRequested || result.kind === "cancelled") {
        return;
      }
      if (result.kind === "edit") {
        proposals.show(result.text, true);
        return;
      }
      await proposals.withdraw();
      if (result.kind === "chat") {
        await chat.focus();
        const about = [{ path: request.code.path, text: selectedText(request.code) }];
        await chat.relay.record(result.question, result.text, `Not applied. ${result.reason}`, about);
      }
    } catch (error) {
      await opening?.catch(() => {});
      await proposals.withdraw();
      if (!token.isCancellationRequested) {
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
    const title = EDIT_TITLES[task];
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

export async function placeOf(
  given: ActionPlace | undefined,
  { access }: EditDependencies,
): Promise<{ document: vscode.TextDocument; range: vscode.Range }> {
  if (given?.uri !== undefined) {
    await access.require({ uri: given.uri, languageId: "" });
    return { document: await vscode.workspace.openTextDocument(given.uri), range: given.range };
  }
  const editor = vscode.window.activeTextEditor;
  if (editor === undefined) {
    throw new Error("No editor is open.");
  }
  return { document: editor.document, range: editor.selection };
}

/** The worst problem in the command's range, else on its line. @throws Error when there is none. */
function problemAt(document: vscode.TextDocument, range: vscode.Range): string {
  const problems = vscode.languages
    .getDiagnostics(document.uri)
    .filter((problem) => problem.range.start.line <= range.end.line && problem.range.end.line >= range.start.line)
    .sort((one, other) => one.severity - other.severity);
  const problem = problems.find((candidate) => candidate.range.intersection(range) !== undefined) ?? problems[0];
  if (problem === undefined) {
    throw new Error("There is no problem at the cursor.");
  }
  return problem.message;
}

function siblingOf(uri: vscode.Uri, file: string): vscode.Uri {
  return vscode.Uri.joinPath(uri, "..", file.slice(file.lastIndexOf("/") + 1));
}

function selectedText({ text, selection }: protocol.CodeContext): string {
  return text
    .split(/\r\n|\r|\n/)
    .slice(selection.start, selection.end)
    .join("\n");
}
