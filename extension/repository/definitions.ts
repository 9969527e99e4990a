/**
 * Finds the definitions of the names that a document imports, as far as the language service answers at once, and sends
 * them to the engine. This runs when a document is shown or saved, never while a suggestion is computed.
 */
import * as vscode from "vscode";
import type { EngineClient } from "../../engine/client/client.ts";
import { definitionsFound } from "../../engine/protocol/documents.ts";
import type { FileAccess } from "./fileAccess.ts";
import { importedNames } from "./importedNames.ts";
import { pathInWorkspace } from "./paths.ts";

/** Milliseconds for all names of a document together; what is not found by then is left out. */
const BUDGET_MS = 150;
const MAX_NAMES = 8;
const MAX_LINES = 24;

export class DefinitionFinder implements vscode.Disposable {
  readonly #client: EngineClient;
  readonly #access: FileAccess;
  /** The names whose definitions were found last, by document. */
  readonly #known = new Map<string, string>();
  /** Increases when the rules for reading change. */
  #rules = 0;
  readonly #subscription: vscode.Disposable;

  constructor(client: EngineClient, access: FileAccess) {
    this.#client = client;
    this.#access = access;
    this.#subscription = access.onDidChange(() => {
      this.#rules++;
      this.#known.clear();
    });
  }

  dispose(): void {
    this.#subscription.dispose();
  }

  async find(document: vscode.TextDocument): Promise<void> {
    const uri = document.uri.toString();
    const names = importedNames(document.getText(), document.languageId).slice(0, MAX_NAMES);
    const key = names.map(({ name }) => name).join(",");
    if (names.length === 0 || this.#known.get(uri) === key) {
      return;
    }
    const rules = this.#rules;
    const found: { uri: string; path: string; text: string }[] = [];
    const late = new Promise<void>((resolve) => setTimeout(resolve, BUDGET_MS));
    const search = Promise.all(
      names.map(async ({ offset }) => {
        const chunk = await this.#definitionAt(document, document.positionAt(offset));
        if (chunk !== undefined) found.push(chunk);
      }),
    );
    await Promise.race([search.catch(() => {}), late]);
    // What was found by other rules may not be read any more.
    if (found.length > 0 && rules === this.#rules) {
      // Remembered only if something was found: a language service that has just started is asked again next time.
      this.#known.set(uri, key);
      this.#client.notify(definitionsFound, { uri, languageId: document.languageId, chunks: [...found] });
    }
  }

  async #definitionAt(document: vscode.TextDocument, position: vscode.Position) {
    const links = await vscode.commands.executeCommand<(vscode.Location | vscode.LocationLink)[]>(
      "vscode.executeDefinitionProvider",
      document.uri,
      position,
    );
    const [link] = links ?? [];
    if (link === undefined) {
      return undefined;
    }
    const { uri, range } = "targetUri" in link ? { uri: link.targetUri, range: link.targetRange } : link;
    // A library's declarations are long, and the model knows the popular ones. A file that may not be read is not
    // opened.
    const isOwn = vscode.workspace.getWorkspaceFolder(uri) !== undefined && !/\/node_modules\//.test(uri.path);
    if (!isOwn || uri.toString() === document.uri.toString() || (await this.#access.checkUri(uri)) !== undefined) {
      return undefined;
    }
    const target = await vscode.workspace.openTextDocument(uri);
    const start = range.start.line;
    const end = Math.min(target.lineCount, Math.max(range.end.line + 1, start + MAX_LINES / 2), start + MAX_LINES);
    const text = target.getText(new vscode.Range(start, 0, end, 0)).replaceAll("\r\n", "\n");
    return { uri: uri.toString(), path: pathInWorkspace(uri), text };
  }
}
