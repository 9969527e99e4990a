/** Turns what a command has written into an edit that the client can make. Plain data in and out. */
import type { TextDocumentEdit, TextEdit, WorkspaceEdit } from "vscode-languageserver/node";
import type { TextDocument } from "vscode-languageserver-textdocument";
import type { TextChange } from "../protocol/documents.ts";
import type { LineSpan } from "../protocol/tasks.ts";
import { linesOf } from "../text/lines.ts";
import { placeChange } from "../workspace/changePlace.ts";

/**
 * An edit that replaces lines.
 *
 * @param before the document's text when the command was given.
 * @throws Error with one sentence for people when the code has changed meanwhile.
 */
export function lineEdit(document: TextDocument, before: string, target: LineSpan, text: string): TextEdit {
  const place = placeChange(linesOf(document.getText()), linesOf(before), target, text);
  if (place === undefined) {
    throw new Error("The code has changed since the command was given: give it again.");
  }
  const { start, end } = place;
  return { range: { start, end }, newText: withEnds(place.text, document.getText()) };
}

/** Edits of an open document, for the version that the server knows. */
export function documentEdit(document: TextDocument, edits: TextEdit[]): WorkspaceEdit {
  const change: TextDocumentEdit = { textDocument: { uri: document.uri, version: document.version }, edits };
  return { documentChanges: [change] };
}

/** An edit of a file that is not open or does not exist. */
export function fileEdit(uri: string, content: string | undefined, text: string): WorkspaceEdit {
  const edits = [appended(content ?? "", text)];
  const change: TextDocumentEdit = { textDocument: { uri, version: null }, edits };
  return { documentChanges: content === undefined ? [{ kind: "create", uri }, change] : [change] };
}

/** The same edits for clients without `documentChanges`; undefined where a file would have to be created. */
export function plainEdit({ documentChanges = [] }: WorkspaceEdit): WorkspaceEdit | undefined {
  const changes: Record<string, TextEdit[]> = {};
  for (const change of documentChanges) {
    if (!("textDocument" in change)) return undefined;
    changes[change.textDocument.uri] = change.edits as TextEdit[];
  }
  return { changes };
}

export function changeEdit(document: TextDocument, { offset, length, text }: TextChange): TextEdit {
  const range = { start: document.positionAt(offset), end: document.positionAt(offset + length) };
  return { range, newText: text };
}

/** Text after the last line of a file. */
function appended(content: string, text: string): TextEdit {
  const lines = linesOf(content);
  const place = { line: lines.length - 1, character: lines.at(-1)?.length ?? 0 };
  return {
    range: { start: place, end: place },
    newText: withEnds(`${place.character > 0 ? "\n" : ""}${text}\n`, content),
  };
}

/** The lines of an answer end in LF. In a document with CRLF they are converted. */
export function withEnds(text: string, document: string): string {
  return document.includes("\r\n") ? text.replaceAll(/\r?\n/g, "\r\n") : text;
}
