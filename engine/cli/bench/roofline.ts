/** Computes how close a measurement comes to the limits of the machine. */
import type { ModelConfig } from "../../native.ts";

/** Multiply-adds of one token in the ternary matrices: one per weight. */
export function bodyMacs(config: ModelConfig): number {
  const { hiddenSize: hidden, ffnSize: ffn, headCount, kvHeadCount, headDim, layerCount } = config;
  const attention = hidden * (headCount + 2 * kvHeadCount) * headDim + headCount * headDim * hidden;
  return layerCount * (attention + 3 * hidden * ffn);
}

/** Share of the read ceiling (GB/s) at which `bytes` were read in `ms`. */
export function readShare(bytes: number, ms: number, readGBs: number): number {
  return bytes / ms / 1e6 / readGBs;
}

/** Share of the multiply-add peak (GMAC/s) at which `macs` were done in `ms`. */
export function macShare(macs: number, ms: number, macGMACs: number): number {
  return macs / ms / 1e6 / macGMACs;
}

/** Tokens a second of a decode that does nothing but read `bytes` per token at the read ceiling (GB/s). */
export function decodeCeiling(bytes: number, readGBs: number): number {
  return (readGBs * 1e9) / bytes;
}

/** Tokens a second of a prefill that does nothing but `macs` per token at the multiply-add peak (GMAC/s). */
export function prefillCeiling(macs: number, macGMACs: number): number {
  return (macGMACs * 1e9) / macs;
}
