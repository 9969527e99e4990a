/** What can go with a question, as the editor knows it. */
import * as vscode from "vscode";
import type { Attachment } from "../../engine/protocol/conversations.ts";
import { terminalSelection } from "../commands/terminal.ts";
import { pathInWorkspace } from "../inline/mirror.ts";

/** More is never read, and only slows everything down. */
const LONGEST = 400_000;
const MOST_FILES = 5_000;

/** @param offer an id out of offers.ts. Rejects with a line for people when there is nothing to attach. */
export async function attachment(offer: string): Promise<Attachment> {
  if (offer.startsWith("file:")) {
    return await fileAttachment(offer.slice("file:".length));
  }
  if (offer === "terminal") {
    return terminalAttachment(await terminalSelection());
  }
  const editor = vscode.window.activeTextEditor;
  if (editor === undefined) {
    throw new Error("No editor is open.");
  }
  switch (offer) {
    case "selection":
      return selectionAttachment(editor);
    case "problems":
      return problemsAttachment(editor.document);
    default:
      return documentAttachment(editor.document);
  }
}

export function terminalAttachment(text: string): Attachment {
  return { kind: "terminal", label: "terminal", path: "", languageId: "text", text };
}

/** Paths of the workspace's files, relative to their folders. */
export async function workspaceFiles(): Promise<string[]> {
  const files = await vscode.workspace.findFiles("**/*", undefined, MOST_FILES);
  return files.map(pathInWorkspace);
}

function selectionAttachment({ document, selection }: vscode.TextEditor): Attachment {
  const text = document.getText(selection);
  if (text.trim() === "") {
    throw new Error("Nothing is selected in the editor.");
  }
  const { start, end } = selection;
  const lines = start.line === end.line ? `${start.line + 1}` : `${start.line + 1}-${end.line + 1}`;
  return { ...named(document, "selection"), label: `${nameOf(document)}:${lines}`, text };
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
  return { ...named(document, "problem"), languageId: "text", label: `${nameOf(document)}: problems`, text };
}

async function fileAttachment(path: string): Promise<Attachment> {
  const [uri] = await vscode.workspace.findFiles(path.replaceAll(/[[\]{}*?]/g, "?"), undefined, 1);
  if (uri === undefined) {
    throw new Error(`${path} was not found.`);
  }
  return documentAttachment(await vscode.workspace.openTextDocument(uri));
}

function documentAttachment(document: vscode.TextDocument): Attachment {
  return { ...named(document, "file"), label: nameOf(document), text: document.getText().slice(0, LONGEST) };
}

function named(document: vscode.TextDocument, kind: Attachment["kind"]) {
  return { kind, path: pathInWorkspace(document.uri), languageId: document.languageId };
}

function nameOf({ uri }: vscode.TextDocument): string {
  return uri.path.slice(uri.path.lastIndexOf("/") + 1);
}
