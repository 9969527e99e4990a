/** Converts config.json of a checkpoint to the keys of the GGUF file that a converter would write. */

import type { ModelValue } from "../modelFile.ts";
import { ADVICE_UNSUPPORTED, ModelFileError, quoteValue } from "../modelFileError.ts";
import { isObject } from "./header.ts";

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
  vocabSize: number;
  bos: number | undefined;
  eos: number | undefined;
}

/**
 * @param path of config.json, for messages
 * @param subNorms whether the layers have norms before their output projections
 * @throws ModelFileError when it asks for arithmetic that this engine does not support
 */
export function readConfig(path: string, json: Record<string, unknown>, subNorms: boolean): CheckpointConfig {
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
  const architecture = isBitnetB158 ? "bitnet-b1.58" : subNorms ? "bitnet" : "llama";

  const quantization = isObject(json.quantization_config) ? json.quantization_config : {};
  const isBitnet = quantization.quant_method === "bitnet";
  if (quantization.quant_method !== undefined && !isBitnet) {
    refuse("quantization_config.quant_method", `is ${quoteValue(quantization.quant_method)}, not "bitnet"`);
  }
  if (quantization.use_rms_norm === true) refuse("quantization_config.use_rms_norm", "is true");
  const rope = [json.rope_scaling, json.rope_parameters].find(isObject) ?? {};
  const ropeType = rope.rope_type ?? rope.type ?? "default";
  if (ropeType !== "default") refuse("rope_scaling", `is of type ${quoteValue(ropeType)}`);
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
  const first = (value: unknown) => (Array.isArray(value) ? value[0] : value);
  const id = (value: unknown) => (typeof first(value) === "number" ? (first(value) as number) : undefined);
  return {
    values,
    tied: json.tie_word_embeddings === true,
    dividing: isBitnet && quantization.linear_class !== "autobitlinear",
    isTrainedTernary: isBitnet || subNorms,
    vocabSize,
    bos: id(json.bos_token_id),
    eos: id(json.eos_token_id),
  };
}
