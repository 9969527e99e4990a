/** The index of a window's workspace: its share of the machine's memory, and when it reads files. */
import { setTimeout as wait } from "node:timers/promises";
import { readMachine } from "../machine/machine.ts";
import type { NativeAddon } from "../native.ts";
import { RepositoryIndex } from "../repository/repositoryIndex.ts";

/** The index may take this share of the machine's memory, within these bounds. */
const SHARE_OF_MACHINE = 1 / 32;
const LEAST_BYTES = 64 * 2 ** 20;
const MOST_BYTES = 512 * 2 ** 20;
/** Milliseconds after which a busy model is checked again. */
const PAUSE_MS = 50;

export interface RepositoryServiceDependencies {
  loadAddon(): NativeAddon;
  /** Whether the model is computing. */
  isBusy(): boolean;
  log(line: string): void;
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
    isBusy: deps.isBusy,
    pause: () => wait(PAUSE_MS),
    log: deps.log,
  });
}
