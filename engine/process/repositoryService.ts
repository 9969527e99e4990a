/** The index of a window's workspace, tied to the window's connection. */
import { setTimeout as wait } from "node:timers/promises";
import type { MessageConnection } from "vscode-jsonrpc";
import { readMachine } from "../machine/machine.ts";
import type { NativeAddon } from "../native.ts";
import { repositoryFilesChanged, repositoryStatus } from "../protocol/repository.ts";
import { RepositoryIndex } from "../repository/repositoryIndex.ts";

/** The index may take this share of the machine's memory, within these bounds. */
const SHARE_OF_MACHINE = 1 / 32;
const LEAST_BYTES = 64 * 2 ** 20;
const MOST_BYTES = 512 * 2 ** 20;
/** Milliseconds after which a busy model is looked at again. */
const PAUSE_MS = 50;

export interface RepositoryServiceDependencies {
  loadAddon(): NativeAddon;
  /** Whether the model works. */
  isBusy(): boolean;
  log(line: string): void;
}

/** @param memoryBytes of the machine. */
export function indexLimit(memoryBytes: number): number {
  return Math.min(MOST_BYTES, Math.max(LEAST_BYTES, Math.floor(memoryBytes * SHARE_OF_MACHINE)));
}

/** Answers what the window says and asks about its workspace's files. The caller closes the index. */
export function serveRepository(connection: MessageConnection, deps: RepositoryServiceDependencies): RepositoryIndex {
  const repository = new RepositoryIndex({
    createIndex: (maxBytes) => deps.loadAddon().createNgramIndex(maxBytes),
    limitBytes: indexLimit(readMachine().totalMemory),
    isBusy: deps.isBusy,
    pause: () => wait(PAUSE_MS),
    log: deps.log,
  });
  connection.onNotification(repositoryFilesChanged, (change) => repository.change(change));
  connection.onRequest(repositoryStatus, () => repository.status());
  return repository;
}
