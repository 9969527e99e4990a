/**
 * Finds the definitions of what a document imports, where the language service knows them at once, and sends them to the
 * engine. Runs when a document is shown or saved, never while a suggestion is waited for.
 */
import * as vscode from "vscode";
import type { EngineClient } from "../engine/client.ts";
import { importedNames } from "./imports.ts";
import { pathInWorkspace } from "./mirror.ts";

/** Milliseconds for all names of a document together: what is not known by then is left out. */
const BUDGET_MS = 150;
const MOST_NAMES = 8;
const MOST_LINES = 24;

export interface DefinitionsDependencies {
  client: EngineClient;
  /** Whether nothing of a file may be read, for secrets and what git ignores. */
  isOffLimits(uri: vscode.Uri): Promise<boolean>;
}

export class DefinitionFinder {
  readonly #deps: DefinitionsDependencies;
  /** The names that were found last, by document. */
  readonly #asked = new Map<string, string>();

  constructor(deps: DefinitionsDependencies) {
    this.#deps = deps;
  }

  async find(document: vscode.TextDocument): Promise<void> {
    const uri = document.uri.toString();
    const names = importedNames(document.getText(), document.languageId).slice(0, MOST_NAMES);
    const key = names.map(({ name }) => name).join(",");
    if (names.length === 0 || this.#asked.get(uri) === key) {
      return;
    }
    const found: { uri: string; path: string; text: string }[] = [];
    const late = new Promise<void>((resolve) => setTimeout(resolve, BUDGET_MS));
    const search = Promise.all(
      names.map(async ({ offset }) => {
        const chunk = await this.#definitionAt(document, document.positionAt(offset));
        if (chunk !== undefined) found.push(chunk);
      }),
    );
    await Promise.race([search.catch(() => {}), late]);
    if (found.length > 0) {
      // A language service that has just started knows nothing yet: it is asked again next time.
      this.#asked.set(uri, key);
      this.#deps.client.sendDefinitions({ uri, languageId: document.languageId, chunks: [...found] });
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
    // A library's declarations are long and known to the model as far as they go; what is off limits is not opened.
    const isOwn = vscode.workspace.getWorkspaceFolder(uri) !== undefined && !/\/node_modules\//.test(uri.path);
    if (!isOwn || uri.toString() === document.uri.toString() || (await this.#deps.isOffLimits(uri))) {
      return undefined;
    }
    const target = await vscode.workspace.openTextDocument(uri);
    const start = range.start.line;
    const end = Math.min(target.lineCount, Math.max(range.end.line + 1, start + MOST_LINES / 2), start + MOST_LINES);
    const text = target.getText(new vscode.Range(start, 0, end, 0)).replaceAll("\r\n", "\n");
    return { uri: uri.toString(), path: pathInWorkspace(uri), text };
  }
}
