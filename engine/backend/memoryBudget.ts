/**
 * Whether a model has room beside those that are in memory. A first model is loaded whatever the machine has: a system
 * can do more than its free memory says. A second one that does not fit would take the first one's speed, too.
 */
import type { ModelConfig } from "../native.ts";

/** As the native cache has it (native/src/cache/kv_cache.cc): at most so much, and so many contexts of the model. */
const MOST_CACHE_BYTES = 2 * 2 ** 30;
const MOST_CONTEXTS = 32;
const SHARE_OF_MACHINE = 8;
/** Keys and values in f16. */
const BYTES_PER_ELEMENT = 2 * 2;

type Shape = Pick<ModelConfig, "layerCount" | "kvHeadCount" | "headDim" | "contextLength">;

/** Bytes that the cache of a model may come to. @param megabytes as the settings have them, 0 = by itself */
export function cacheBudget(shape: Shape, megabytes: number, machineBytes: number): number {
  if (megabytes > 0) return megabytes * 2 ** 20;
  const { layerCount, kvHeadCount, headDim, contextLength } = shape;
  const context = BYTES_PER_ELEMENT * layerCount * kvHeadCount * headDim * contextLength;
  return Math.min(Math.floor(machineBytes / SHARE_OF_MACHINE), MOST_CACHE_BYTES, MOST_CONTEXTS * context);
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
