/** The next edit as a code action: the last edit may show what else has to be changed, here or in another file. */
import {
  type CancellationToken,
  type CodeAction,
  CodeActionKind,
  type Position,
  type TextDocumentEdit,
} from "vscode-languageserver/node";
import type { TextDocument } from "vscode-languageserver-textdocument";
import type { EngineClient } from "../client/client.ts";
import { nextEdit } from "../protocol/nextEdit.ts";
import { isWithin } from "./codeActions.ts";
import { changeEdit } from "./workspaceEdit.ts";

/** @returns one action, or none when nothing is proposed in this document. */
export async function nextEditAction(
  engine: Pick<EngineClient, "isConnected" | "request">,
  document: TextDocument,
  position: Position,
  only: readonly string[] | undefined,
  token: CancellationToken,
): Promise<CodeAction[]> {
  const kind = CodeActionKind.QuickFix;
  if (!engine.isConnected || (only !== undefined && !only.some((wanted) => isWithin(kind, wanted)))) return [];
  const { uri, version } = document;
  const found = await engine.request(nextEdit, { uri, version, offset: document.offsetAt(position) }, token);
  if (found === null || found.uri !== uri || document.version !== version) return [];
  const edits = [changeEdit(document, found.change)];
  const change: TextDocumentEdit = { textDocument: { uri, version }, edits };
  return [{ title: `${found.description} (line ${found.line + 1})`, kind, edit: { documentChanges: [change] } }];
}
