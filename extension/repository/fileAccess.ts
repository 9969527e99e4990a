/**
 * The one place that decides whether a file may be read. Everything that sends text to the engine asks here first:
 * suggestions, definitions, commands, attachments, references in VS Code's chat, and the diff for a commit message.
 */
import * as vscode from "vscode";
import { readingRules } from "../../engine/client/userConfig.ts";
import { globsOf, isExcluded as isExcludedByPath } from "../../engine/workspace/exclude.ts";
import { type Refusal, refusalOf } from "../../engine/workspace/refusal.ts";
import type { ConfigStore } from "../config.ts";
import { IgnoredFiles } from "./ignoredFiles.ts";
import { LinkTargets } from "./linkTargets.ts";
import { nameOf, placeOf } from "./paths.ts";
import { RefusalError } from "./refusalError.ts";

type Addressed = Pick<vscode.TextDocument, "uri" | "languageId">;

export class FileAccess implements vscode.Disposable {
  readonly #config: ConfigStore;
  readonly #changed = new vscode.EventEmitter<void>();
  /** Fires when it may have changed which files can be read. */
  readonly onDidChange = this.#changed.event;
  readonly #ignored = new IgnoredFiles(() => this.#changed.fire());
  readonly #links = new LinkTargets();
  readonly #subscriptions: vscode.Disposable[];

  /** The settings that decide which files can be read, when they last did. */
  #rules: string;

  constructor(config: ConfigStore) {
    this.#config = config;
    this.#rules = readingRules(config.current);
    this.#subscriptions = [
      this.#ignored,
      this.#links,
      this.#changed,
      config.onDidChange(() => this.#configChanged()),
      vscode.workspace.onDidGrantWorkspaceTrust(() => this.#changed.fire()),
    ];
  }

  /** Like {@link check}, as far as it is known without asking the file system; else "unknown". */
  known(file: Addressed): Refusal | "unknown" | undefined {
    const own = this.#knownOf(file, file.uri);
    if (own !== undefined) return own;
    const target = this.#links.of(file.uri);
    return target === undefined || target === "unknown" ? target : this.#knownOf({ ...file, uri: target }, file.uri);
  }

  /** Why the file, or the one that it leads to as a link, may not be read; undefined when it may. */
  async check({ uri, languageId }: Addressed): Promise<Refusal | undefined> {
    // It may have become a link since it was looked at last.
    await this.#links.read(uri);
    let found = this.known({ uri, languageId });
    // A .gitignore file may change while it is being read.
    while (found === "unknown") {
      await this.#links.read(uri);
      const target = this.#links.of(uri);
      const files = target instanceof vscode.Uri ? [uri, target] : [uri];
      await Promise.all(files.map((file) => this.#ignored.read(file)));
      found = this.known({ uri, languageId });
    }
    return found;
  }

  /** Like {@link check}, for a file that is not open. */
  async checkUri(uri: vscode.Uri): Promise<Refusal | undefined> {
    return await this.check({ uri, languageId: "" });
  }

  /** As {@link checkUri}, for an entry of a folder, which is judged by its name alone: whether it is a link is not asked. */
  async checkListed(uri: vscode.Uri): Promise<Refusal | undefined> {
    const file = { uri, languageId: "" };
    let found = this.#knownOf(file, uri);
    while (found === "unknown") {
      await this.#ignored.read(uri);
      found = this.#knownOf(file, uri);
    }
    return found;
  }

  /** @throws RefusalError with one sentence for people when the file may not be read. */
  async require(file: Addressed): Promise<void> {
    const refusal = await this.check(file);
    if (refusal !== undefined) {
      throw new RefusalError(refusal, nameOf(file.uri.path));
    }
  }

  #configChanged(): void {
    const rules = readingRules(this.#config.current);
    if (rules === this.#rules) return;
    this.#rules = rules;
    this.#changed.fire();
  }

  /** @param opened the address that the file is open at. */
  #knownOf(file: Addressed, opened: vscode.Uri): Refusal | "unknown" | undefined {
    const isIgnored = this.#ignored.has(file.uri);
    const refusal = refusalOf({
      isExcluded: isExcluded(file, this.#config.current.exclude),
      isIgnoredByGit: isIgnored === true,
      readsIgnored: this.#config.current.readsIgnored,
      isTrusted: vscode.workspace.isTrusted,
      isOpen: vscode.workspace.textDocuments.some(({ uri }) => uri.toString() === opened.toString()),
    });
    return refusal === undefined && isIgnored === undefined ? "unknown" : refusal;
  }

  /** Whether git ignores the file, or the one that it leads to as a link. True until that is known. */
  isIgnored(uri: vscode.Uri): boolean {
    const target = this.#links.of(uri);
    const files = target instanceof vscode.Uri ? [uri, target] : [uri];
    return target === "unknown" || files.some((file) => this.#ignored.has(file) !== false);
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
  }
}

function isExcluded({ uri, languageId }: Addressed, patterns: Record<string, boolean>): boolean {
  const globs = globsOf(patterns);
  const selector = globs.map((pattern) => ({ pattern }));
  // Only the address and the language count, so a file need not be opened to be checked.
  const file = { uri: placeOf(uri), languageId } as vscode.TextDocument;
  if (globs.length === 0) return false;
  const within = [false, true].map((named) => vscode.workspace.asRelativePath(file.uri, named).replaceAll("\\", "/"));
  return vscode.languages.match(selector, file) > 0 || isExcludedByPath([file.uri.path, ...new Set(within)], patterns);
}
