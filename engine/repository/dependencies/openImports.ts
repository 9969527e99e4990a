/**
 * Follows what the open documents import, and keeps their packages in the index while the engine has nothing else to
 * do.
 */
import { isWithin } from "../../workspace/isWithin.ts";
import type { MirroredDocument } from "../openDocuments.ts";
import type { Dependencies } from "./dependencies.ts";
import { importedPackages } from "./importedPackages.ts";

export interface OpenImportsDependencies {
  dependencies: Pick<Dependencies, "use" | "close" | "forget">;
  documents(): readonly MirroredDocument[];
  /** Absolute paths of the opened folders. */
  folders(): readonly string[];
  /** Globs of the files in packages that must not be read; undefined when no package is read at all. */
  exclude(): readonly string[] | undefined;
  /** The path of a file on this machine; undefined for another address. */
  pathOf(uri: string): string | undefined;
  /** Runs the function once nobody has typed for a while. A further call begins that time again. */
  whenQuiet(run: () => void): void;
  log(line: string): void;
}

export class OpenImports {
  readonly #deps: OpenImportsDependencies;
  /** By the path of an open file: the document that was last looked at, and what it imports. */
  readonly #known = new Map<string, { document: MirroredDocument; imports: string }>();
  #working: Promise<void> = Promise.resolve();

  constructor(deps: OpenImportsDependencies) {
    this.#deps = deps;
  }

  /** Tells that a document was opened, changed or closed. */
  changed(): void {
    if (this.#deps.exclude() === undefined) return;
    this.#deps.whenQuiet(() => {
      this.#working = this.#working.then(() => this.#update()).catch((error: unknown) => this.#failed(error));
    });
  }

  /** Tells that the index was replaced by an empty one. */
  forget(): void {
    this.#known.clear();
    this.#deps.dependencies.forget();
    this.changed();
  }

  /** Resolves when what was begun has been done. */
  async settled(): Promise<void> {
    await this.#working;
  }

  async #update(): Promise<void> {
    const { dependencies, documents, folders, exclude, pathOf } = this.#deps;
    const open = new Set<string>();
    for (const document of documents()) {
      const path = pathOf(document.uri);
      const workspace = path && folders().find((folder) => isWithin(folder, path));
      const excluded = exclude();
      if (path === undefined || workspace === undefined || document.isPrivate || excluded === undefined) continue;
      open.add(path);
      const known = this.#known.get(path);
      // A document that changes becomes another object.
      if (known?.document === document) continue;
      const { text, languageId } = document;
      const imports = JSON.stringify(importedPackages(text, languageId));
      this.#known.set(path, { document, imports });
      if (known?.imports === imports) continue;
      await dependencies.use({ path, workspace, text, languageId }, excluded);
    }
    for (const path of [...this.#known.keys()]) {
      if (open.has(path)) continue;
      this.#known.delete(path);
      await dependencies.close(path);
    }
  }

  #failed(error: unknown): void {
    this.#deps.log(`What open files import could not be read: ${error instanceof Error ? error.message : error}`);
  }
}
