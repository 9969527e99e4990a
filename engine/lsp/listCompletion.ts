/**
 * The suggestion as one item in the client's list of completions, for clients without inline completion. Plain data in
 * and out.
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

/** The longest label in UTF-16 units. The item's documentation has the whole text. */
const LABEL_LENGTH = 60;
/** A word that has been begun is part of the item, so that the client's filter finds it. */
const WORD = /(?<![\p{L}\p{N}_$])[\p{L}\p{N}_$]*$/u;

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
    // Sorts after what the language's own server offers.
    sortText: "\u{10ffff}",
    documentation: { kind: "plaintext", value: newText },
    insertTextFormat: InsertTextFormat.PlainText,
    insertTextMode: InsertTextMode.asIs,
    textEdit: { range: { start, end }, newText },
  };
}
