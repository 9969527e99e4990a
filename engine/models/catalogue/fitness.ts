/** Turns a catalogue entry into a download, and estimates the memory and speed of the model once it is installed. */
import { HUB } from "../../protocol/models.ts";
import type { DownloadPlan } from "../download/download.ts";
import { DownloadError } from "../download/downloadErrors.ts";
import { requireSafe } from "../download/statement.ts";
import { CATALOGUE } from "./catalogue.ts";
import type { CatalogueEntry, WeightCounts } from "./entry.ts";

export { HUB };

/**
 * @param mirror address of a mirror of the hub; empty for the hub itself
 * @throws DownloadError when the mirror is not a valid address or does not use https
 */
export function planDownload(entry: CatalogueEntry, mirror: string): DownloadPlan {
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
  return address.replace(/(?<!\/)\/+$/, "");
}

/**
 * Size of the packed model, about: 2 bits a weight, the embedding in f16 and once more in int8 as the output matrix; or
 * all of it in 2 bits or 1 with a scale for each 128 weights.
 */
export function packBytes({ body, vocab, hidden, tied, bitsOfAll }: WeightCounts): number {
  if (bitsOfAll !== undefined) return Math.round(((body + vocab * hidden * (tied ? 1 : 2)) * bitsOfAll) / 8);
  return Math.round(body / 4 + vocab * hidden * (tied ? 3 : 5));
}

/** Tokens whose keys and values, in f16, are counted as memory: those of a chat and of a few completion prompts. */
const CACHED_TOKENS = 4096;
/** Bytes of the process itself and of its working buffers. */
const OVERHEAD_BYTES = 200e6;

/** Bytes of memory that the loaded model takes. */
export function memoryBytes(entry: Pick<CatalogueEntry, "weights" | "contextLength">): number {
  const { weights, contextLength } = entry;
  const cache = 2 * weights.cachePerToken * Math.min(CACHED_TOKENS, contextLength);
  return packBytes(weights) + cache + OVERHEAD_BYTES;
}

/** What the machine offers a model. */
export interface Machine {
  totalMemory: number;
  /** Memory read bandwidth in bytes per second; 0 when it was not measured. */
  readBytesPerSecond: number;
}

export interface Fitness {
  fits: boolean;
  /** Tokens per second that the memory bandwidth allows; 0 when the bandwidth was not measured. */
  tokensPerSecond: number;
  /** The same in words, as a range coarse enough to stay the same between measurements; "" when not measured. */
  speed: string;
  /** One line to show to the user. */
  detail: string;
}

/** Share of the memory that a model may take; the editor, the language servers and the browser need the rest. */
const SHARE_OF_MEMORY = 0.6;
/** Share of the memory bandwidth that generation reaches (bench/RESULTS.md). */
const SHARE_OF_SPEED = 0.7;

/** Whether a machine can run a model, and how fast it would write. */
export function fitness(entry: CatalogueEntry, machine: Machine): Fitness {
  const needed = memoryBytes(entry);
  const { body, vocab, hidden, bitsOfAll } = entry.weights;
  const readPerToken = bitsOfAll === undefined ? body / 4 + vocab * hidden : ((body + vocab * hidden) * bitsOfAll) / 8;
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

/** E.g. "15 to 30": repeated measurements of one machine mostly give the same range. */
export function speedRange(tokensPerSecond: number): string {
  const lower = SPEEDS.findLast((speed) => speed <= 0.8 * tokensPerSecond);
  const upper = SPEEDS.find((speed) => speed >= 1.1 * tokensPerSecond);
  if (lower === undefined) return "less than 2";
  return upper === undefined ? `more than ${lower}` : `${lower} to ${upper}`;
}

/** Below this speed people stop reading along and wait. */
const READABLE_TOKENS_PER_SECOND = 10;

/**
 * Identifier of the model to suggest by default: of those that can chat, fit into the memory and write as fast as one
 * reads, the one that writes the best code; the fastest where none is fast enough. Without a measurement of the machine
 * its memory alone decides. "" where no model fits.
 */
export function recommendedFor(machine: Machine, entries: readonly CatalogueEntry[] = CATALOGUE): string {
  const fit = entries
    .filter(({ profile, obstacle }) => profile === "chat" && obstacle === undefined)
    .map((entry) => ({ entry, ...fitness(entry, machine) }))
    .filter(({ fits }) => fits);
  const isReadable = ({ tokensPerSecond }: Fitness) =>
    tokensPerSecond === 0 || tokensPerSecond >= READABLE_TOKENS_PER_SECOND;
  const score = ({ entry }: { entry: CatalogueEntry }) => entry.codeScore ?? 0;
  const byScore = fit.filter(isReadable).sort((a, b) => score(b) - score(a));
  const bySpeed = fit.toSorted((a, b) => b.tokensPerSecond - a.tokensPerSecond || score(b) - score(a));
  return (byScore[0] ?? bySpeed[0])?.entry.id ?? "";
}

export function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
