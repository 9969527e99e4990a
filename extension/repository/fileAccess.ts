/**
 * The one place that decides whether a file may be read. Everything that sends text to the engine asks here first:
 * suggestions, definitions, commands, attachments, references in VS Code's chat, and the diff for a commit message.
 */
import * as vscode from "vscode";
import { type Refusal, refusalOf } from "../../engine/workspace/refusal.ts";
import type { ConfigStore } from "../config.ts";
import { IgnoredFiles } from "./ignoredFiles.ts";
import { fileOf, nameOf } from "./paths.ts";
import { RefusalError } from "./refusalError.ts";

type Addressed = Pick<vscode.TextDocument, "uri" | "languageId">;

export class FileAccess implements vscode.Disposable {
  readonly #config: ConfigStore;
  readonly #changed = new vscode.EventEmitter<void>();
  /** Fires when it may have changed which files can be read. */
  readonly onDidChange = this.#changed.event;
  readonly #ignored = new IgnoredFiles(() => this.#changed.fire());
  readonly #subscriptions: vscode.Disposable[];

  constructor(config: ConfigStore) {
    this.#config = config;
    this.#subscriptions = [
      this.#ignored,
      this.#changed,
      config.onDidChange(() => this.#changed.fire()),
      vscode.workspace.onDidGrantWorkspaceTrust(() => this.#changed.fire()),
    ];
  }

  /** Like {@link check}, as far as it is known without reading a .gitignore file; else "unknown". */
  known(file: Addressed): Refusal | "unknown" | undefined {
    const isIgnored = this.#ignored.has(file.uri);
    const facts = {
      isExcluded: isExcluded(file, this.#config.current.exclude),
      isIgnoredByGit: isIgnored === true,
      readsIgnored: this.#config.current.readsIgnored,
      isTrusted: vscode.workspace.isTrusted,
      isOpen: vscode.workspace.textDocuments.some(({ uri }) => uri.toString() === file.uri.toString()),
    };
    const refusal = refusalOf(facts);
    return refusal === undefined && isIgnored === undefined ? "unknown" : refusal;
  }

  /** Why the file may not be read; undefined when it may. */
  async check(file: Addressed): Promise<Refusal | undefined> {
    let found = this.known(file);
    // A .gitignore file may change while it is being read.
    while (found === "unknown") {
      await this.#ignored.read(file.uri);
      found = this.known(file);
    }
    return found;
  }

  /** Like {@link check}, for a file that is not open. */
  async checkUri(uri: vscode.Uri): Promise<Refusal | undefined> {
    return await this.check({ uri, languageId: "" });
  }

  /** @throws RefusalError with one sentence for people when the file may not be read. */
  async require(file: Addressed): Promise<void> {
    const refusal = await this.check(file);
    if (refusal !== undefined) {
      throw new RefusalError(refusal, nameOf(file.uri.path));
    }
  }

  /** Whether git ignores the file, as far as that is known. */
  isIgnored(uri: vscode.Uri): boolean {
    return this.#ignored.has(uri) !== false;
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
  }
}

function isExcluded({ uri, languageId }: Addressed, patterns: Record<string, boolean>): boolean {
  const globs = Object.keys(patterns).filter((glob) => patterns[glob] === true);
  const selector = globs.map((pattern) => ({ pattern }));
  // Only the address and the language count, so a file need not be opened to be checked.
  const file = { uri: fileOf(uri), languageId } as vscode.TextDocument;
  return globs.length > 0 && vscode.languages.match(selector, file) > 0;
}
