/** From a catalog entry to a download, and what the model needs once it is there. */
import type { DownloadPlan } from "../download/download.ts";
import { DownloadError } from "../download/downloadErrors.ts";
import { requireSafe } from "../download/statement.ts";
import { CATALOG } from "./catalogue.ts";
import type { CatalogEntry, WeightCounts } from "./entry.ts";

export const HUB = "https://huggingface.co";

/**
 * @param mirror address of a mirror of the hub; empty: the hub itself
 * @throws DownloadError when the mirror is no address, or not reached over https
 */
export function planDownload(entry: CatalogEntry, mirror: string): DownloadPlan {
  if (entry.obstacle !== undefined) {
    throw new DownloadError("refused", `${entry.name} cannot be used: ${entry.obstacle}`);
  }
  const base = mirrorAddress(mirror);
  const { id, name, repo, revision } = entry;
  return {
    id,
    name,
    source: `${repo}@${revision}`,
    extraBytes: packBytes(entry.weights),
    files: entry.files.map((file) => ({
      name: file.name,
      url: new URL(`${base}/${repo}/resolve/${revision}/${file.name}`),
      key: `${repo}@${revision}/${file.name}`,
      pin: file.pin,
    })),
  };
}

function mirrorAddress(mirror: string): string {
  const address = mirror.trim() || HUB;
  if (!URL.canParse(address)) {
    throw new DownloadError("address", `"${mirror}" is no address: check the setting "sterna.models.mirror".`);
  }
  requireSafe(new URL(address));
  return address.replace(/\/+$/, "");
}

/** Size of the packed model, about: 2 bits a weight, the embedding in f16 and once more in int8 as the output matrix. */
export function packBytes({ body, vocab, hidden, tied }: WeightCounts): number {
  return Math.round(body / 4 + vocab * hidden * (tied ? 3 : 5));
}

/** Tokens whose keys and values are counted as needed: a chat and a few prompts of completions. */
const CACHED_TOKENS = 4096;
/** The process, and what it computes in. */
const OVERHEAD_BYTES = 200e6;

/** Memory that the loaded model takes. */
export function memoryBytes(entry: Pick<CatalogEntry, "weights" | "contextLength">): number {
  const { weights, contextLength } = entry;
  const cache = 4 * weights.cachePerToken * Math.min(CACHED_TOKENS, contextLength);
  return packBytes(weights) + cache + OVERHEAD_BYTES;
}

/** What the machine has for a model. */
export interface Machine {
  totalMemory: number;
  /** Bytes a second that it reads from memory; 0 when it was not measured. */
  readBytesPerSecond: number;
}

export interface Fitness {
  fits: boolean;
  /** Tokens a second that the memory's speed allows; 0 when that was not measured. */
  tokensPerSecond: number;
  /** The same in words, as a range that does not change from one measurement to the next; "" when not measured. */
  speed: string;
  /** One line for people. */
  detail: string;
}

/** The editor, the language servers and the browser want to live, too. */
const SHARE_OF_MEMORY = 0.6;
/** What generation reaches of the memory's speed (bench/RESULTS.md). */
const SHARE_OF_SPEED = 0.7;

/** Whether a machine can run a model, and how fast it would write. */
export function fitness(entry: CatalogEntry, machine: Machine): Fitness {
  const needed = memoryBytes(entry);
  const { body, vocab, hidden } = entry.weights;
  const readPerToken = body / 4 + vocab * hidden;
  const tokensPerSecond = (SHARE_OF_SPEED * machine.readBytesPerSecond) / readPerToken;
  const fits = needed <= SHARE_OF_MEMORY * machine.totalMemory;
  const memory = `needs ${gigabytes(needed)} of memory`;
  const speed = tokensPerSecond > 0 ? `${speedRange(tokensPerSecond)} tokens/s` : "";
  const written = speed === "" ? "" : `, and writes about ${speedRange(tokensPerSecond)} tokens a second here`;
  const detail = fits ? `${memory}${written}` : `${memory}; this machine has ${gigabytes(machine.totalMemory)}`;
  return { fits, tokensPerSecond, speed, detail };
}

/** The ends of the ranges in which speeds are stated. */
const SPEEDS = [1, 2, 3, 5, 7, 10, 15, 20, 30, 40, 60, 80, 120, 200] as const;

/** E.g. "15 to 30": neighbouring measurements of one machine mostly give the same. */
export function speedRange(tokensPerSecond: number): string {
  const lower = SPEEDS.findLast((speed) => speed <= 0.8 * tokensPerSecond);
  const upper = SPEEDS.find((speed) => speed >= 1.1 * tokensPerSecond);
  if (lower === undefined) return "less than 2";
  return upper === undefined ? `more than ${lower}` : `${lower} to ${upper}`;
}

/** Identifier of the model for somebody who does not want to compare: the first that fits and chats. */
export function recommendedFor(machine: Machine): string {
  const fit = CATALOG.find((entry) => entry.profile === "chat" && !entry.obstacle && fitness(entry, machine).fits);
  return fit?.id ?? "";
}

export function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
