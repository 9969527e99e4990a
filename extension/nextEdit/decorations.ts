/**
 * Draws a proposed edit: the old text is struck through, the new one is beside it, and a hint is at the cursor when the
 * edit is elsewhere.
 */
import * as vscode from "vscode";
import type { NextEdit } from "../../engine/protocol/nextEdit.ts";

/** Texts are cut to this many characters; the hover shows them completely. */
const LONGEST = 120;
/**
 * The colour of the text. Themes of high contrast have no colour for ghost text, and text without a colour is
 * invisible.
 */
const READABLE = "descriptionForeground";

export class Decorations implements vscode.Disposable {
  readonly #old = vscode.window.createTextEditorDecorationType({
    textDecoration: "line-through",
    opacity: "0.7",
    backgroundColor: new vscode.ThemeColor("diffEditor.removedTextBackground"),
    rangeBehavior: vscode.DecorationRangeBehavior.ClosedClosed,
  });
  readonly #new = vscode.window.createTextEditorDecorationType({
    rangeBehavior: vscode.DecorationRangeBehavior.ClosedClosed,
  });
  readonly #hint = vscode.window.createTextEditorDecorationType({
    rangeBehavior: vscode.DecorationRangeBehavior.ClosedClosed,
  });

  /** Shows the edit in every editor of its document. */
  showEdit(edit: NextEdit, editors: readonly vscode.TextEditor[]): void {
    for (const editor of editors) {
      const { document } = editor;
      if (document.uri.toString() !== edit.uri) {
        clear(editor, [this.#old, this.#new]);
        continue;
      }
      const { offset, length, text } = edit.change;
      const range = new vscode.Range(document.positionAt(offset), document.positionAt(offset + length));
      const hoverMessage = hoverOf(edit);
      editor.setDecorations(this.#old, length > 0 ? [{ range, hoverMessage }] : []);
      const shown = visible(text);
      const at = new vscode.Range(range.end, range.end);
      const after: vscode.ThemableDecorationAttachmentRenderOptions = {
        contentText: shown,
        color: new vscode.ThemeColor(READABLE),
        backgroundColor: new vscode.ThemeColor("diffEditor.insertedTextBackground"),
        border: "1px solid",
        borderColor: new vscode.ThemeColor("diffEditor.insertedTextBorder"),
      };
      editor.setDecorations(this.#new, shown === "" ? [] : [{ range: at, hoverMessage, renderOptions: { after } }]);
    }
  }

  /** Shows a hint at the end of the cursor's line. */
  showHint(editor: vscode.TextEditor, text: string): void {
    const { range } = editor.document.lineAt(editor.selection.active.line);
    const after: vscode.ThemableDecorationAttachmentRenderOptions = {
      contentText: text,
      margin: "0 0 0 2em",
      fontStyle: "italic",
      color: new vscode.ThemeColor(READABLE),
    };
    editor.setDecorations(this.#hint, [{ range: new vscode.Range(range.end, range.end), renderOptions: { after } }]);
  }

  hideHint(): void {
    for (const editor of vscode.window.visibleTextEditors) clear(editor, [this.#hint]);
  }

  hide(): void {
    for (const editor of vscode.window.visibleTextEditors) clear(editor, [this.#old, this.#new, this.#hint]);
  }

  dispose(): void {
    for (const type of [this.#old, this.#new, this.#hint]) type.dispose();
  }
}

function clear(editor: vscode.TextEditor, types: readonly vscode.TextEditorDecorationType[]): void {
  for (const type of types) editor.setDecorations(type, []);
}

/** The text on one line, with no-break spaces, because the editor would show several blanks as one. */
function visible(text: string): string {
  const line = text.replace(/^\r?\n[ \t]*/, "⏎ ").replaceAll(/\r?\n[ \t]*/g, " ⏎ ");
  const cut = line.length > LONGEST ? `${line.slice(0, LONGEST - 1)}…` : line;
  return cut.replaceAll("\t", "  ").replaceAll(" ", "\u00a0");
}

function hoverOf({ description, change, oldText }: NextEdit): vscode.MarkdownString {
  const hover = new vscode.MarkdownString();
  hover.appendText(description);
  const lines = (text: string, sign: string) => text.split(/\r?\n/).map((line) => `${sign} ${line}`);
  const old = oldText === "" ? [] : lines(oldText, "-");
  hover.appendCodeblock([...old, ...(change.text === "" ? [] : lines(change.text, "+"))].join("\n"), "diff");
  return hover;
}
