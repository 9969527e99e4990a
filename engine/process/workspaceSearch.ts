/**
 * The search in a window's workspace. It covers the files of its index, with the text of open documents instead of that
 * on the disk.
 */

import { pathToFileURL } from "node:url";
import type { RepositoryName } from "../protocol/repository.ts";
import type { Documents } from "../repository/openDocuments.ts";
import { pathOf, type RepositoryIndex } from "../repository/repositoryIndex.ts";
import { CodeSearch, type FoundLines } from "../repository/search/codeSearch.ts";

/** Milliseconds without a question after which the memory of the search is freed. */
const KEPT_MS = 10 * 60_000;
/** The most pieces that are found for a question; the chat takes as many of them as fit. */
const MOST_PIECES = 24;
const MOST_NAMES = 20;

export class WorkspaceSearch {
  readonly #repository: Pick<RepositoryIndex, "paths" | "read" | "displayPath" | "holds">;
  readonly #documents: Pick<Documents, "all">;
  readonly #search: CodeSearch;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    repository: Pick<RepositoryIndex, "paths" | "read" | "displayPath" | "holds">,
    documents: Pick<Documents, "all">,
  ) {
    this.#repository = repository;
    this.#documents = documents;
    this.#search = new CodeSearch({
      paths: () => repository.paths(),
      read: (path) => this.#read(path),
      displayPath: (path) => repository.displayPath(path),
    });
  }

  /** Notes that the index has changed. @param path of the file; undefined when all files have changed. */
  changed(path: string | undefined): void {
    this.#search.changed(path);
  }

  /** @param within paths of open documents to search; none for all files. */
  async find(question: string, within: readonly string[]): Promise<(FoundLines & { path: string })[]> {
    const open = this.#documents.all().filter(({ path }) => within.includes(path));
    const paths = within.length === 0 ? undefined : open.flatMap(({ uri }) => pathOf(uri) ?? []);
    const found = await this.#kept(() => this.#search.search(question, MOST_PIECES, paths));
    return this.#readable(found).map((lines) => ({ ...lines, path: lines.displayPath }));
  }

  /** Names that the files declare. */
  async names(query: string): Promise<RepositoryName[]> {
    const found = await this.#kept(() => this.#search.names(query, MOST_NAMES));
    return this.#readable(found).map(({ path, displayPath, ...rest }) => ({
      ...rest,
      uri: pathToFileURL(path).href,
      path: displayPath,
    }));
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#search.forget();
  }

  /** Leaves out files that may no longer be read since the search began. */
  #readable<T extends { path: string }>(found: readonly T[]): T[] {
    return found.filter(({ path }) => this.#repository.holds(path));
  }

  async #kept<T>(ask: () => Promise<T>): Promise<T> {
    clearTimeout(this.#timer);
    try {
      return await ask();
    } finally {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#search.forget(), KEPT_MS).unref();
    }
  }

  /** The editor's text is newer than the disk's. In any case, the index decides whether a file may be read. */
  async #read(path: string): Promise<string | undefined> {
    const saved = await this.#repository.read(path);
    if (saved === undefined) return undefined;
    const open = this.#documents.all().find(({ uri, isPrivate }) => !isPrivate && pathOf(uri) === path);
    return open?.text ?? saved;
  }
}
