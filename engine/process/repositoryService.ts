/** The index of a window's workspace: its share of the machine's memory, and when it reads files. */
import { setTimeout as wait } from "node:timers/promises";
import { readMachine } from "../machine/machine.ts";
import type { NativeAddon } from "../native.ts";
import type { UnopenedFile } from "../nextEdit/nextEditService.ts";
import type { RepositoryStatus } from "../protocol/repository.ts";
import { Dependencies, MOST_BYTES as MOST_OF_PACKAGES } from "../repository/dependencies/dependencies.ts";
import { OpenImports } from "../repository/dependencies/openImports.ts";
import type { Documents, MirroredDocument } from "../repository/openDocuments.ts";
import { pathOf, RepositoryIndex } from "../repository/repositoryIndex.ts";
import type { IndexedTexts, WordFiles } from "../repository/wordFiles.ts";

/** The index may take this share of the machine's memory, within these bounds. */
const SHARE_OF_MACHINE = 1 / 32;
const LEAST_BYTES = 64 * 2 ** 20;
const MOST_BYTES = 512 * 2 ** 20;
/** Milliseconds after which a busy model is checked again. */
const PAUSE_MS = 50;
/** The text of installed packages may take this share of the index's limit; with its words it takes three times that. */
const SHARE_OF_PACKAGES = 1 / 24;
/** Milliseconds without a change in a document after which its imports are followed. */
const QUIET_MS = 1_000;

export interface RepositoryServiceDependencies {
  loadAddon(): NativeAddon;
  /** Receives the texts that the index contains. */
  texts: IndexedTexts;
  /** Whether the model is computing. */
  isBusy(): boolean;
  log(line: string): void;
  /** Called with a file that was added, changed or removed; with undefined when all were removed. */
  onChange(path: string | undefined): void;
}

/** @param memoryBytes memory of the machine. */
export function indexLimit(memoryBytes: number): number {
  return Math.min(MOST_BYTES, Math.max(LEAST_BYTES, Math.floor(memoryBytes * SHARE_OF_MACHINE)));
}

/** An index that reads files while the model is idle. The caller closes it. */
export function createRepositoryIndex(deps: RepositoryServiceDependencies): RepositoryIndex {
  return new RepositoryIndex({
    createIndex: (maxBytes) => deps.loadAddon().createNgramIndex(maxBytes),
    limitBytes: indexLimit(readMachine().totalMemory),
    texts: deps.texts,
    isBusy: deps.isBusy,
    pause: () => wait(PAUSE_MS),
    log: deps.log,
    onChange: deps.onChange,
  });
}

/** The installed packages that open files import, in the index and within its limit. */
export class ImportedPackages {
  readonly #repository: RepositoryIndex;
  readonly #dependencies: Dependencies;
  readonly #imports: OpenImports;
  #timer: NodeJS.Timeout | undefined;

  constructor(repository: RepositoryIndex, documents: Documents, isBusy: () => boolean, log: (line: string) => void) {
    this.#repository = repository;
    // The workspace's own files come first.
    const hasOtherWork = () => repository.isWorking || isBusy();
    this.#dependencies = new Dependencies(() => repository.native, {
      mostBytes: Math.min(MOST_OF_PACKAGES, repository.limitBytes * SHARE_OF_PACKAGES),
      isHeld: (path) => repository.holds(path),
      idle: async () => {
        while (hasOtherWork()) await wait(PAUSE_MS);
      },
    });
    this.#imports = new OpenImports({
      dependencies: this.#dependencies,
      documents: () => documents.all(),
      folders: () => repository.folders,
      exclude: () => repository.excludedOfPackages,
      pathOf,
      whenQuiet: (run) => {
        clearTimeout(this.#timer);
        this.#timer = setTimeout(run, QUIET_MS).unref();
      },
      log,
    });
  }

  /** Notes that a document was opened, changed or closed. */
  changed(): void {
    this.#imports.changed();
  }

  /** Notes that the index was replaced by an empty one. */
  forget(): void {
    this.#imports.forget();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#dependencies.forget();
  }

  /** The state of the index; its packages are counted separately. */
  status(): RepositoryStatus {
    const status = this.#repository.status();
    if (this.#repository.excludedOfPackages === undefined) return status;
    const { packages, files, bytes } = this.#dependencies.stats;
    return {
      ...status,
      files: status.files - files,
      textBytes: status.textBytes - bytes,
      dependencies: { packages, files, textBytes: bytes },
    };
  }
}

/**
 * The files that are not open and contain words. Their paths are those of the workspace, if the document's path is one.
 */
export async function unopenedFiles(
  files: WordFiles,
  words: readonly string[],
  document: MirroredDocument,
  documents: Documents,
  signal: AbortSignal | undefined,
): Promise<Map<string, UnopenedFile[]>> {
  const path = pathOf(document.uri) ?? "";
  const root = path.endsWith(`/${document.path}`) ? path.slice(0, -document.path.length) : "";
  const open = new Set(documents.uris().flatMap((uri) => pathOf(uri) ?? []));
  const found = await files.filesWith(words, { path, languageId: document.languageId }, open, signal);
  const inWorkspace = (file: UnopenedFile) =>
    root !== "" && file.path.startsWith(root) ? { ...file, path: file.path.slice(root.length) } : file;
  return new Map([...found].map(([word, list]) => [word, list.map(inWorkspace)]));
}
