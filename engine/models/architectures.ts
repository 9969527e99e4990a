/**
 * The architectures that can be imported, as data: what a model's graph is made of. The pack carries these as flags, so
 * that the native graph never asks for a name. A new architecture of known parts is a row here, a test and a golden.
 */
import type { TensorTypeName } from "./gguf/types.ts";
import { Activation, RopePairing } from "./packFormat.ts";

export interface Architecture {
  /** {@link Activation}: f in f(gate) * up of the feed-forward block. */
  activation: number;
  /** {@link RopePairing} of the file's rows of q and k. */
  ropePairing: number;
  /** RMSNorm of the attention's output and of the activated feed-forward, before their products. */
  subNorms: boolean;
  /** RMSNorm of every head of q and k before the rotation. */
  qkNorms: boolean;
  /** Plain floats and TQ1_0 or TQ2_0 of the body are read with a scale for each 128 columns, not for each row. */
  groupScales: boolean;
  /** The file's keys scale the embedding, what each block adds to it, and the logits (streamScales.ts). */
  streamScales: boolean;
}

const BITNET = {
  ropePairing: RopePairing.neox,
  subNorms: true,
  qkNorms: false,
  groupScales: false,
  streamScales: false,
} as const;

/** By `general.architecture`. */
export const ARCHITECTURES: Readonly<Record<string, Architecture>> = {
  "bitnet-b1.58": { ...BITNET, activation: Activation.reluSquared },
  "bitnet-25": { ...BITNET, activation: Activation.reluSquared },
  bitnet: { ...BITNET, activation: Activation.silu },
  llama: {
    activation: Activation.silu,
    // llama.cpp permutes the rows of q and k, so that pairs are adjacent.
    ropePairing: RopePairing.adjacent,
    subNorms: false,
    qkNorms: false,
    groupScales: false,
    streamScales: false,
  },
  minicpm: {
    activation: Activation.portableSilu,
    // The rows of q and k are permuted as LLaMA's are.
    ropePairing: RopePairing.adjacent,
    subNorms: false,
    qkNorms: false,
    // Training did not quantise activations, and these lose least where int8 has a scale per group, too.
    groupScales: true,
    streamScales: true,
  },
  qwen3: {
    activation: Activation.portableSilu,
    ropePairing: RopePairing.neox,
    subNorms: false,
    qkNorms: true,
    groupScales: true,
    streamScales: false,
  },
};

/** Names of the tensors of the whole model, and of a layer, there with `blk.N.` before them; matrices without their ".weight". */
export const TENSORS = {
  embedding: "token_embd.weight",
  head: "output.weight",
  outputNorm: "output_norm.weight",
  /** LongRoPE: what divides each pair's frequency, up to the original context and beyond it. */
  ropeFactorsShort: "rope_factors_short.weight",
  ropeFactorsLong: "rope_factors_long.weight",
  layer: {
    attnNorm: "attn_norm.weight",
    query: "attn_q",
    key: "attn_k",
    value: "attn_v",
    queryNorm: "attn_q_norm.weight",
    keyNorm: "attn_k_norm.weight",
    attnSubNorm: "attn_sub_norm.weight",
    attnOutput: "attn_output",
    ffnNorm: "ffn_norm.weight",
    gate: "ffn_gate",
    up: "ffn_up",
    ffnSubNorm: "ffn_sub_norm.weight",
    down: "ffn_down",
  },
} as const;

/** Columns that share a scale in {@link GROUP_TYPES}, and in a pack with scales per group. */
export const GROUP_COLUMNS = 128;

/** Types of ternary matrices with a scale per group of columns. */
export const GROUP_TYPES: readonly TensorTypeName[] = ["Q2_0", "PQ2_0", "Q1_0", "PTQ1_0"];
