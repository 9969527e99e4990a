/**
 * Whether a model has room beside those that are in memory. A first model is loaded whatever the machine has: a system
 * can do more than its free memory says. A second one that does not fit would take the first one's speed, too.
 */
import type { ModelConfig } from "../native.ts";

/** As the native cache has it (native/src/cache/kv_cache.cc): at most so much, and so many contexts of the model. */
const MOST_CACHE_BYTES = 2 * 2 ** 30;
const MOST_CONTEXTS = 32;
const SHARE_OF_MACHINE = 8;
/** Bytes of a head's key or value of one token: of its elements, and of its scale. */
const KV_BYTES = { f16: { element: 2, scale: 0 }, int8: { element: 1, scale: 4 } } as const;
/** A context that every model may have, where it takes no more than a quarter of the memory. */
const LEAST_CONTEXT = 4096;
const LARGEST_SHARE = 4;
/** Shorter ones are of no use to anybody. */
const SHORTEST_CONTEXT = 512;
/** A conversation that fills the context should be read within this time, where nothing of it is cached. */
const LONGEST_READING_SECONDS = 120;
/** The bound by time is rounded to it, so that it says the same after most restarts. */
const CONTEXT_STEP = 1024;

type Shape = Pick<ModelConfig, "layerCount" | "kvHeadCount" | "headDim" | "contextLength">;

/** What the settings say of memory; 0 = by itself. */
export interface MemorySettings {
  cacheMegabytes: number;
  contextTokens?: number;
  /** How keys and values are kept; default "f16". */
  cachePrecision?: keyof typeof KV_BYTES;
}

function bytesPerToken(
  { layerCount, kvHeadCount, headDim }: Shape,
  { cachePrecision = "f16" }: MemorySettings,
): number {
  const { element, scale } = KV_BYTES[cachePrecision];
  return 2 * layerCount * kvHeadCount * (headDim * element + scale);
}

/**
 * Tokens that a prompt and its answer may have together: as many as the model was trained for, as the settings say, or
 * else as many as take an eighth of the memory, and 2 GiB; some thousands may take a quarter.
 */
export function contextBudget(shape: Shape, settings: MemorySettings, machineBytes: number): number {
  const { contextTokens = 0 } = settings;
  const tokensIn = (bytes: number) => Math.floor(bytes / bytesPerToken(shape, settings));
  const affordable = tokensIn(Math.min(machineBytes / SHARE_OF_MACHINE, MOST_CACHE_BYTES));
  const least = Math.min(LEAST_CONTEXT, tokensIn(machineBytes / LARGEST_SHARE));
  const wanted = contextTokens > 0 ? contextTokens : Math.max(affordable, least, SHORTEST_CONTEXT);
  return Math.min(wanted, shape.contextLength);
}

/** Bytes that the cache of a model may come to; one whole context always fits. */
export function cacheBudget(shape: Shape, settings: MemorySettings, machineBytes: number): number {
  const context = bytesPerToken(shape, settings) * contextBudget(shape, settings, machineBytes);
  const share = Math.min(Math.floor(machineBytes / SHARE_OF_MACHINE), MOST_CACHE_BYTES, MOST_CONTEXTS * context);
  return Math.max(settings.cacheMegabytes > 0 ? settings.cacheMegabytes * 2 ** 20 : share, context);
}

/** The context that a machine reads in a bearable time. @param tokensPerSecond of prefill, as measured */
export function readableContext(contextLength: number, tokensPerSecond: number): number {
  const readable = Math.floor((tokensPerSecond * LONGEST_READING_SECONDS) / CONTEXT_STEP) * CONTEXT_STEP;
  return Math.min(contextLength, Math.max(readable, LEAST_CONTEXT));
}

export interface Room {
  name: string;
  /** Names of the models in memory that stay. */
  beside: readonly string[];
  /** Bytes. */
  weights: number;
  cache: number;
  free: number;
}

/** Why a model cannot be loaded beside others; undefined where it can. */
export function noRoom({ name, beside, weights, cache, free }: Room): string | undefined {
  if (beside.length === 0 || weights + cache <= free) return undefined;
  const size = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;
  return (
    `There is no memory for ${name} beside ${beside.join(" and ")}: it needs ${size(weights)} and up to ${size(cache)} ` +
    `for its cache, and ${size(free)} are free. Close other programs, lower "sterna.cacheMegabytes", or use one model.`
  );
}
