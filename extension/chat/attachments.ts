/**
 * What can be attached to a question, as far as the editor knows it. Nothing is attached from a file that may not be
 * read.
 */
import * as vscode from "vscode";
import type { Attachment } from "../../engine/protocol/conversations.ts";
import type { FileAccess } from "../repository/fileAccess.ts";
import { nameOf, pathInWorkspace } from "../repository/paths.ts";
import { requireOwnText, requireUnquoted } from "../repository/quotedFiles.ts";
import type { WorkspaceFiles } from "../repository/workspaceFiles.ts";
import { linesOfOffer } from "./offers.ts";
import { terminalSelection } from "./terminal.ts";

/** UTF-16 units of a file that are attached at most. No model reads more, and sending more only takes time. */
const MAX_LENGTH = 400_000;

export interface AttachmentDependencies {
  access: FileAccess;
  files: WorkspaceFiles;
}

/**
 * Reads an attachment.
 *
 * @param offer an id from offers.ts.
 * @throws Error with one sentence for people when there is nothing to attach, or the file may not be read.
 */
export async function attachment(offer: string, { access, files }: AttachmentDependencies): Promise<Attachment> {
  if (offer.startsWith("file:")) {
    return await fileAttachment(await files.find(offer.slice("file:".length)), access);
  }
  const lines = linesOfOffer(offer);
  if (lines !== undefined) {
    // Only of a file that is offered: the page may ask for anything.
    const listed = [...(await files.list()).values()].find((uri) => uri.toString() === lines.uri);
    if (listed === undefined) throw new Error("This file is not part of the workspace any more.");
    return await linesAttachment(listed, lines.first - 1, lines.last - 1, access);
  }
  if (offer === "terminal") {
    return await terminalAttachment(access);
  }
  const editor = vscode.window.activeTextEditor;
  if (editor === undefined) {
    throw new Error("No editor is open.");
  }
  await access.require(editor.document);
  await requireOwnText(editor.document, access);
  switch (offer) {
    case "selection":
      return selectionAttachment(editor);
    case "problems":
      return problemsAttachment(editor.document);
    default:
      return documentAttachment(editor.document);
  }
}

/** What is selected in the terminal. @throws Error with one sentence for people when it cannot be attached. */
export async function terminalAttachment(access: FileAccess): Promise<Attachment> {
  const text = await terminalSelection();
  await requireUnquoted(text, "The selection in the terminal", access);
  return { kind: "terminal", label: "terminal", path: "", languageId: "text", text };
}

function selectionAttachment({ document, selection }: vscode.TextEditor): Attachment {
  const text = document.getText(selection);
  if (text.trim() === "") {
    throw new Error("Nothing is selected in the editor.");
  }
  const { start, end } = selection;
  const lines = start.line === end.line ? `${start.line + 1}` : `${start.line + 1}-${end.line + 1}`;
  return { ...described(document, "selection"), label: `${nameOf(document.uri.path)}:${lines}`, text };
}

function problemsAttachment(document: vscode.TextDocument): Attachment {
  const problems = vscode.languages.getDiagnostics(document.uri);
  if (problems.length === 0) {
    throw new Error("The open file has no problems.");
  }
  const text = problems
    .map(({ range, message }) => {
      const line = document.lineAt(Math.min(range.start.line, document.lineCount - 1)).text.trim();
      return `line ${range.start.line + 1}: ${message}\n  ${line}`;
    })
    .join("\n");
  const label = `${nameOf(document.uri.path)}: problems`;
  return { ...described(document, "problem"), languageId: "text", label, text };
}

async function fileAttachment(uri: vscode.Uri, access: FileAccess): Promise<Attachment> {
  // This comes before the file is opened, because opening reads it.
  await access.require({ uri, languageId: "" });
  return documentAttachment(await vscode.workspace.openTextDocument(uri));
}

/** @param last line, counted from 0, that is part of it. */
async function linesAttachment(uri: vscode.Uri, first: number, last: number, access: FileAccess): Promise<Attachment> {
  await access.require({ uri, languageId: "" });
  const document = await vscode.workspace.openTextDocument(uri);
  const end = document.lineAt(Math.min(last, document.lineCount - 1)).range.end;
  const text = document.getText(new vscode.Range(new vscode.Position(first, 0), end));
  if (text.trim() === "") throw new Error(`${nameOf(uri.path)} has changed: the place is gone.`);
  const lines = first === last ? `${first + 1}` : `${first + 1}-${last + 1}`;
  return { ...described(document, "selection"), label: `${nameOf(uri.path)}:${lines}`, text };
}

function documentAttachment(document: vscode.TextDocument): Attachment {
  const text = document.getText().slice(0, MAX_LENGTH);
  return { ...described(document, "file"), label: nameOf(document.uri.path), text };
}

function described(document: vscode.TextDocument, kind: Attachment["kind"]) {
  return { kind, path: pathInWorkspace(document.uri), languageId: document.languageId };
}
