/** Converts config.json of a checkpoint to the keys of the GGUF file that a converter would write. */

import { GROUP_COLUMNS } from "../architectures.ts";
import type { ModelValue } from "../modelFile.ts";
import { ADVICE_UNSUPPORTED, ModelFileError, quoteValue } from "../modelFileError.ts";
import { isObject } from "./header.ts";

/** The usual ramp of YaRN, the one that the engine computes. */
const YARN = { beta_fast: 32, beta_slow: 1 } as const;

/** Largest accepted vocabulary in tokens, far above any in use. */
export const MAX_VOCABULARY = 1 << 20;

export interface CheckpointConfig {
  values: Map<string, ModelValue>;
  /** Whether the output matrix is the embedding. */
  tied: boolean;
  /** Whether the scales divide the product, as in older checkpoints, instead of multiplying it. */
  dividing: boolean;
  /** Whether the weights were trained to be rounded to ternary, so that non-ternary weights may be rounded. */
  isTrainedTernary: boolean;
  /** Whether each 128 columns of a matrix share a scale. */
  groupScales: boolean;
  vocabSize: number;
  bos: number | undefined;
  eos: number | undefined;
}

/**
 * @param path of config.json, for messages
 * @param norms whether the layers have norms before their output projections, and norms of the heads of q and k
 * @throws ModelFileError when it asks for arithmetic that this engine does not support
 */
export function readConfig(
  path: string,
  json: Record<string, unknown>,
  { subNorms, qkNorms }: { subNorms: boolean; qkNorms: boolean },
): CheckpointConfig {
  const refuse = (field: string, problem: string): never => {
    throw new ModelFileError(path, field, problem, ADVICE_UNSUPPORTED);
  };
  const number = (name: string): number | undefined => {
    const value = json[name];
    if (value === undefined || value === null) return undefined;
    return typeof value === "number" ? value : refuse(name, `is ${quoteValue(value)}, not a number`);
  };
  const required = (name: string): number => number(name) ?? refuse(name, "is missing");
  const activation = json.hidden_act;
  const isBitnetB158 = activation === "relu2" && subNorms;
  if (!isBitnetB158 && activation !== "silu") {
    refuse("hidden_act", `is ${quoteValue(activation)}${subNorms ? "" : " without sub-norms"}`);
  }
  const isQwen3 = qkNorms && !subNorms;
  const architecture = isBitnetB158 ? "bitnet-b1.58" : subNorms ? "bitnet" : isQwen3 ? "qwen3" : "llama";

  const quantization = readQuantisation(json, refuse);
  const isBitnet = quantization.quant_method === "bitnet";
  if (json.use_sliding_window === true) refuse("use_sliding_window", "is true");
  const rope = [json.rope_scaling, json.rope_parameters].find(isObject) ?? {};
  const scaling = readScaling(rope, isQwen3, refuse);
  if ((number("partial_rotary_factor") ?? 1) !== 1) refuse("partial_rotary_factor", "is not 1");

  const vocabSize = required("vocab_size");
  // Every row of the embedding gets a token.
  if (!(vocabSize <= MAX_VOCABULARY)) refuse("vocab_size", `is ${vocabSize}, more than ${MAX_VOCABULARY}`);
  const heads = required("num_attention_heads");
  const headDim = number("head_dim") ?? required("hidden_size") / heads;
  const theta = number("rope_theta") ?? (typeof rope.rope_theta === "number" ? rope.rope_theta : 10000);
  const values = new Map<string, ModelValue>([
    ["general.architecture", { kind: "string", value: architecture }],
    ["general.name", { kind: "string", value: typeof json._name_or_path === "string" ? json._name_or_path : "" }],
  ]);
  const set = (suffix: string, value: number) => values.set(`${architecture}.${suffix}`, { kind: "number", value });
  set("vocab_size", vocabSize);
  set("context_length", required("max_position_embeddings"));
  set("embedding_length", required("hidden_size"));
  set("block_count", required("num_hidden_layers"));
  set("feed_forward_length", required("intermediate_size"));
  set("attention.head_count", heads);
  set("attention.head_count_kv", number("num_key_value_heads") ?? heads);
  set("attention.key_length", headDim);
  set("rope.dimension_count", headDim);
  set("rope.freq_base", theta);
  set("attention.layer_norm_rms_epsilon", required("rms_norm_eps"));
  if (scaling !== undefined) {
    values.set(`${architecture}.rope.scaling.type`, { kind: "string", value: "yarn" });
    set("rope.scaling.factor", scaling.factor);
    set("rope.scaling.original_context_length", scaling.original);
  }
  const first = (value: unknown) => (Array.isArray(value) ? value[0] : value);
  const id = (value: unknown) => (typeof first(value) === "number" ? (first(value) as number) : undefined);
  return {
    values,
    tied: json.tie_word_embeddings === true,
    dividing: isBitnet && quantization.linear_class !== "autobitlinear",
    isTrainedTernary: isBitnet || subNorms,
    groupScales: isQwen3,
    vocabSize,
    bos: id(json.bos_token_id),
    eos: id(json.eos_token_id),
  };
}

/** What config.json says of quantisation; an object without keys where it says nothing that changes the reading. */
function readQuantisation(
  json: Record<string, unknown>,
  refuse: (field: string, problem: string) => never,
): Record<string, unknown> {
  // MLX's own form; "quantization_config" repeats it there.
  if (isObject(json.quantization)) {
    const { bits, group_size: columns } = json.quantization;
    if (bits === 2 && columns === GROUP_COLUMNS) return {};
    const form = `${quoteValue(bits)} bits in groups of ${quoteValue(columns)}`;
    return refuse("quantization", `is ${form}, not 2 bits in groups of ${GROUP_COLUMNS}`);
  }
  const quantization = isObject(json.quantization_config) ? json.quantization_config : {};
  const method = quantization.quant_method;
  if (method !== undefined && method !== "bitnet") {
    refuse("quantization_config.quant_method", `is ${quoteValue(method)}, not "bitnet"`);
  }
  if (quantization.use_rms_norm === true) refuse("quantization_config.use_rms_norm", "is true");
  return quantization;
}

/** YaRN's numbers, for the architecture that has them; undefined without scaling. */
function readScaling(
  rope: Record<string, unknown>,
  mayBeYarn: boolean,
  refuse: (field: string, problem: string) => never,
): { factor: number; original: number } | undefined {
  const type = rope.rope_type ?? rope.type ?? "default";
  if (type === "default") return undefined;
  if (type !== "yarn" || !mayBeYarn) return refuse("rope_scaling", `is of type ${quoteValue(type)}`);
  const { factor, original_max_position_embeddings: original } = rope;
  if (typeof factor !== "number" || typeof original !== "number") {
    return refuse("rope_scaling", "says neither a factor nor the original length");
  }
  const usual = { ...YARN, attention_factor: 0.1 * Math.log(factor) + 1 };
  const other = Object.entries(usual).find(([name, value]) => {
    const given = rope[name] ?? value;
    return typeof given !== "number" || Math.abs(given - value) > 1e-3;
  })?.[0];
  return other === undefined ? { factor, original } : refuse("rope_scaling", `has ${other} ${quoteValue(rope[other])}`);
}
