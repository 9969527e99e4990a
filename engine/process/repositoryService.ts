/** The index of a window's workspace: its share of the machine's memory, and when it reads files. */
import { setTimeout as wait } from "node:timers/promises";
import { readMachine } from "../machine/machine.ts";
import type { NativeAddon } from "../native.ts";
import type { UnopenedFile } from "../nextEdit/nextEditService.ts";
import type { Documents, MirroredDocument } from "../repository/openDocuments.ts";
import { pathOf, RepositoryIndex } from "../repository/repositoryIndex.ts";
import type { IndexedTexts, WordFiles } from "../repository/wordFiles.ts";

/** The index may take this share of the machine's memory, within these bounds. */
const SHARE_OF_MACHINE = 1 / 32;
const LEAST_BYTES = 64 * 2 ** 20;
const MOST_BYTES = 512 * 2 ** 20;
/** Milliseconds after which a busy model is checked again. */
const PAUSE_MS = 50;

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
