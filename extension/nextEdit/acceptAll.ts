/** Shows all edits of one rule in a file as a diff, before they are made in one step. */
import * as vscode from "vscode";
import type { TextChange } from "../../engine/protocol/documents.ts";
import { type NextEdit, nextEditsOfRule } from "../../engine/protocol/nextEdit.ts";
import type { Services } from "../services.ts";

/** @throws Error with one sentence for people. */
export async function acceptAll(services: Services, edit: NextEdit | undefined): Promise<void> {
  if (edit === undefined) throw new Error("There is no next edit: it comes after edits that repeat themselves.");
  const document = await vscode.workspace.openTextDocument(vscode.Uri.parse(edit.uri));
  const { uri, version } = document;
  await services.documents.ensureOpen(document);
  const changes = await services.engine.request(nextEditsOfRule, { uri: edit.uri, version, rule: edit.rule });
  if (changes.length === 0) throw new Error("The file has changed meanwhile: nothing is left to do of this edit.");
  const title = changes.length === 1 ? "One edit" : `${changes.length} edits`;
  const target = { start: 0, end: document.lineCount };
  await services.proposals.open({ title, uri, document, target }, () => {});
  services.proposals.show(withChanges(document.getText(), changes), true);
}

/** @param changes from top to bottom, with offsets in `text`. */
function withChanges(text: string, changes: readonly TextChange[]): string {
  let made = "";
  let at = 0;
  for (const { offset, length, text: inserted } of changes) {
    made += text.slice(at, offset) + inserted;
    at = offset + length;
  }
  return made + text.slice(at);
}
