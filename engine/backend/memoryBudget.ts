/**
 * Decides how much memory a model may use: the length of its context, the size of its cache, and whether it has room
 * beside the models in memory. A first model is loaded on any machine, because a system can do more than its free
 * memory suggests. A second one that does not fit would slow down the first one as well.
 */
import type { ModelConfig } from "../native.ts";

/** The most bytes of a cache. This and the next two values are the same as in native/src/cache/kv_cache.cc. */
const MOST_CACHE_BYTES = 2 * 2 ** 30;
/** The most whole contexts in a cache. */
const MOST_CONTEXTS = 32;
/** A cache takes at most the machine's memory divided by this. */
const SHARE_OF_MACHINE = 8;
/** The bytes of an element of one head's key or value for one token, and of its scale. */
const KV_BYTES = { f16: { element: 2, scale: 0 }, int8: { element: 1, scale: 4 } } as const;
/** A context of this many tokens is allowed if it takes at most the machine's memory divided by LARGEST_SHARE. */
const LEAST_CONTEXT = 4096;
const LARGEST_SHARE = 4;
/** In tokens. A shorter context would be useless. */
const SHORTEST_CONTEXT = 512;
/** A conversation that fills the context should be read within this time when nothing of it is cached. */
const LONGEST_READING_SECONDS = 120;
/** The limit by time is rounded to a multiple of this, so that it is the same after most restarts. */
const CONTEXT_STEP = 1024;

type Shape = Pick<ModelConfig, "layerCount" | "kvHeadCount" | "headDim" | "contextLength">;

/** The settings for memory; for each of them, 0 lets this file choose the value. */
export interface MemorySettings {
  cacheMegabytes: number;
  contextTokens?: number;
  /** How keys and values are stored. Default "f16". */
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
 * The tokens that a prompt and its answer may have together: as many as the model was trained for, or as the settings
 * say, or else as many as fit into an eighth of the memory and 2 GiB. A few thousand tokens may take a quarter.
 */
export function contextBudget(shape: Shape, settings: MemorySettings, machineBytes: number): number {
  const { contextTokens = 0 } = settings;
  const tokensIn = (bytes: number) => Math.floor(bytes / bytesPerToken(shape, settings));
  const affordable = tokensIn(Math.min(machineBytes / SHARE_OF_MACHINE, MOST_CACHE_BYTES));
  const least = Math.min(LEAST_CONTEXT, tokensIn(machineBytes / LARGEST_SHARE));
  const wanted = contextTokens > 0 ? contextTokens : Math.max(affordable, least, SHORTEST_CONTEXT);
  return Math.min(wanted, shape.contextLength);
}

/** The most bytes of a model's cache; one whole context always fits. */
export function cacheBudget(shape: Shape, settings: MemorySettings, machineBytes: number): number {
  const context = bytesPerToken(shape, settings) * contextBudget(shape, settings, machineBytes);
  const share = Math.min(Math.floor(machineBytes / SHARE_OF_MACHINE), MOST_CACHE_BYTES, MOST_CONTEXTS * context);
  return Math.max(settings.cacheMegabytes > 0 ? settings.cacheMegabytes * 2 ** 20 : share, context);
}

/**
 * The length in tokens of the context that a machine reads in an acceptable time.
 *
 * @param tokensPerSecond the measured speed of a prefill.
 */
export function readableContext(contextLength: number, tokensPerSecond: number): number {
  const readable = Math.floor((tokensPerSecond * LONGEST_READING_SECONDS) / CONTEXT_STEP) * CONTEXT_STEP;
  return Math.min(contextLength, Math.max(readable, LEAST_CONTEXT));
}

/** A model that is to be loaded, and the memory that there is for it. */
export interface Room {
  name: string;
  /** Names of the models that stay in memory. */
  beside: readonly string[];
  /** Bytes that the model's weights take. */
  weights: number;
  /** Bytes that its cache may take. */
  cache: number;
  /** Bytes of memory that are free. */
  free: number;
}

/** Why a model cannot be loaded beside others; undefined when it can. */
export function noRoom({ name, beside, weights, cache, free }: Room): string | undefined {
  if (beside.length === 0 || weights + cache <= free) return undefined;
  const size = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;
  return (
    `There is no memory for ${name} beside ${beside.join(" and ")}: it needs ${size(weights)} and up to ${size(cache)} ` +
    `for its cache, and ${size(free)} are free. Close other programs, lower "sterna.cacheMegabytes", or use one model.`
  );
}
