/**
 * The suggestion as one item of the client's list of completions, for clients that know no inline completion. Plain data
 * in and out.
 */
import {
  type CompletionItem,
  CompletionItemKind,
  InsertTextFormat,
  InsertTextMode,
  type Position,
} from "vscode-languageserver/node";
import type { TextDocument } from "vscode-languageserver-textdocument";
import type { Shown } from "./inlineCompletion.ts";
import { withEnds } from "./workspaceEdit.ts";

/** Longest label in UTF-16 units; the whole text is in the item's documentation. */
const LABEL_LENGTH = 60;
/** A word that is begun belongs to the item, so that the client's filter finds it. */
const WORD = /[\p{L}\p{N}_$]*$/u;

export function listItem(document: TextDocument, position: Position, { text, replaceLength }: Shown): CompletionItem {
  const before = document.getText({ start: { line: position.line, character: 0 }, end: position });
  const word = WORD.exec(before)?.[0] ?? "";
  const start = { line: position.line, character: position.character - word.length };
  const end = document.positionAt(document.offsetAt(position) + replaceLength);
  const newText = word + withEnds(text, document.getText());
  const [first = ""] = newText.trim().split(/\r?\n/);
  return {
    label: first.length > LABEL_LENGTH ? `${first.slice(0, LABEL_LENGTH - 1)}…` : first,
    labelDetails: { description: "Sterna" },
    kind: CompletionItemKind.Text,
    filterText: newText.split(/\r?\n/)[0] ?? newText,
    // Behind what the language's own server knows.
    sortText: "\u{10ffff}",
    documentation: { kind: "plaintext", value: newText },
    insertTextFormat: InsertTextFormat.PlainText,
    insertTextMode: InsertTextMode.asIs,
    textEdit: { range: { start, end }, newText },
  };
}
