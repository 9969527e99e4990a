/**
 * What a model file must hold to be imported: configuration and tensors, checked against each other.
 */

import { ARCHITECTURES, type Architecture, GROUP_COLUMNS, GROUP_TYPES, TENSORS } from "./architectures.ts";
import type { TensorTypeName } from "./gguf/types.ts";
import type { ModelFile, ModelTensor } from "./modelFile.ts";
import { ADVICE_DAMAGED, ADVICE_UNSUPPORTED, ModelFileError, quote } from "./modelFileError.ts";
import { ModelKeys } from "./modelKeys.ts";
import { RopePairing, RopeScaling } from "./packFormat.ts";
import { readRopeScaling } from "./ropeScaling.ts";
import { foldStreamScales, type StreamScales, UNSCALED } from "./streamScales.ts";

/** Shapes and constants of a model, as the pack's header lists them. */
export interface SourceConfig {
  /** One of the activations of packFormat.ts. */
  activation: number;
  subNorms: boolean;
  qkNorms: boolean;
  vocabSize: number;
  hiddenSize: number;
  layerCount: number;
  headCount: number;
  kvHeadCount: number;
  headDim: number;
  ffnSize: number;
  contextLength: number;
  rmsEpsilon: number;
  ropeTheta: number;
  ropeDim: number;
  /** {@link RopePairing} */
  ropePairing: number;
  /** {@link RopeScaling} */
  ropeScaling: number;
  ropeFactor: number;
  /** Context length before it was extended by scaling, in positions; 0 without scaling. */
  ropeOriginalContext: number;
  /** Factor that multiplies cosine and sine. */
  ropeMagnitude: number;
  /** Number of columns of a ternary matrix that share a scale; 0 means one scale per row. */
  groupSize: number;
  /** Whether embedding and head are ternary like the other matrices. */
  ternaryEmbedding: boolean;
  tiedHead: boolean;
}

/** A ternary matrix and the extra scale that some converters store with it. */
export interface TernarySource {
  tensor: ModelTensor;
  /** One f32 that multiplies every weight. */
  factor?: ModelTensor;
}

export interface LayerSource {
  attnNorm: ModelTensor;
  /** q, k, v */
  qkv: TernarySource[];
  queryNorm?: ModelTensor;
  keyNorm?: ModelTensor;
  attnSubNorm?: ModelTensor;
  attnOutput: TernarySource;
  ffnNorm: ModelTensor;
  /** gate, up */
  gateUp: TernarySource[];
  ffnSubNorm?: ModelTensor;
  ffnDown: TernarySource;
}

export interface ModelSource {
  config: SourceConfig;
  name: string;
  sourceArchitecture: string;
  /** Tensor type of the first layer's query matrix. */
  bodyType: TensorTypeName;
  /** Whether all ternary matrices have weights of two values only, -1 and 1. */
  isBinary: boolean;
  chatTemplate?: string;
  license?: string;
  embedding: ModelTensor;
  /** Absent when tied. */
  head?: ModelTensor;
  outputNorm: ModelTensor;
  /** What divides each pair's frequency; only with LongRoPE. */
  ropeFactors?: ModelTensor;
  /** What the weights are multiplied by when they are packed. */
  scales: StreamScales;
  layers: LayerSource[];
}

const BODY_TYPES: readonly TensorTypeName[] = [
  "I2_S",
  "TQ1_0",
  "TQ2_0",
  "IQ1_BN",
  "IQ2_BN",
  "F16",
  "BF16",
  "F32",
  "HF_U2",
  ...GROUP_TYPES,
];
const EMBEDDING_TYPES: readonly TensorTypeName[] = ["F32", "F16", "BF16", "Q8_0", "Q6_K", "Q5_0", "Q4_K", "Q4_0"];
const NORM_TYPES: readonly TensorTypeName[] = ["F32", "F16", "BF16"];

/** Upper limits on shapes, the same as in the native loader and far above any model that runs on a CPU. */
export const LIMITS = {
  vocabSize: 1 << 20,
  hiddenSize: 1 << 16,
  layerCount: 1024,
  headCount: 1024,
  headDim: 1024,
  ffnSize: 1 << 18,
  contextLength: 1 << 20,
} as const;

/** Columns of a tile of the packed layout; the length of an activation vector must be a multiple of it. */
const COLUMN_STEP = 16;

/**
 * Finds and checks every part of the model except the tokenizer and the contents of the tensors.
 * @throws ModelFileError
 */
export function describeSource(modelFile: ModelFile): ModelSource {
  const keys = new ModelKeys(modelFile);
  const sourceArchitecture = keys.text("general.architecture") ?? keys.missing("general.architecture");
  const traits = Object.hasOwn(ARCHITECTURES, sourceArchitecture) ? ARCHITECTURES[sourceArchitecture] : undefined;
  if (traits === undefined) {
    const problem = `is ${quote(sourceArchitecture)}, which this version does not know`;
    throw new ModelFileError(modelFile.path, "key general.architecture", problem, ADVICE_UNSUPPORTED);
  }
  const rotated = [...modelFile.values.keys()].find((key) => key.startsWith("prism.hadamard."));
  if (rotated !== undefined) {
    const problem = "says that activations are rotated before the products, which this version cannot compute";
    throw new ModelFileError(modelFile.path, `key ${rotated}`, problem, ADVICE_UNSUPPORTED);
  }
  const finder = new TensorFinder(modelFile);
  const embeddingRows = finder.get(TENSORS.embedding).rows;
  const config = readConfig(modelFile, keys, sourceArchitecture, traits, embeddingRows);
  const { vocabSize, hiddenSize } = config;
  const types = [...EMBEDDING_TYPES, ...GROUP_TYPES];
  const embedding = finder.matrix(TENSORS.embedding, vocabSize, hiddenSize, types);
  const head = finder.has(TENSORS.head) ? finder.matrix(TENSORS.head, vocabSize, hiddenSize, types) : undefined;
  config.tiedHead = head === undefined;
  const outputNorm = finder.norm(TENSORS.outputNorm, hiddenSize);
  const ropeFactors = config.ropeScaling === RopeScaling.longRope ? finder.ropeFactors(config.ropeDim) : undefined;
  const layers: LayerSource[] = [];
  for (let n = 0; n < config.layerCount; n++) layers.push(findLayer(finder, n, config));
  finder.refuseOthers();
  setScales(modelFile, config, traits, embedding, head, layers);
  const scales = traits.streamScales ? foldStreamScales(modelFile, keys, sourceArchitecture, config) : UNSCALED;
  const chatTemplate = keys.text("tokenizer.chat_template");
  const license = keys.text("general.license");
  return {
    config,
    name: keys.text("general.name") ?? "",
    sourceArchitecture,
    bodyType: layers[0]?.qkv[0]?.tensor.type ?? "I2_S",
    isBinary: ternaryTensors(config, embedding, head, layers).every(({ type }) => type === "Q1_0"),
    ...(chatTemplate === undefined ? {} : { chatTemplate }),
    ...(license === undefined ? {} : { license }),
    embedding,
    ...(head === undefined ? {} : { head }),
    outputNorm,
    ...(ropeFactors === undefined ? {} : { ropeFactors }),
    scales,
    layers,
  };
}

function readConfig(
  modelFile: ModelFile,
  keys: ModelKeys,
  name: string,
  traits: Architecture,
  embeddingRows: number,
): SourceConfig {
  const key = (suffix: string) => `${name}.${suffix}`;
  const required = (suffix: string, high: number) => keys.requiredInteger(key(suffix), 1, high);
  const fail = (suffix: string, problem: string, advice: string): never => {
    throw new ModelFileError(modelFile.path, `key ${key(suffix)}`, problem, advice);
  };

  const hiddenSize = required("embedding_length", LIMITS.hiddenSize);
  const layerCount = required("block_count", LIMITS.layerCount);
  const ffnSize = required("feed_forward_length", LIMITS.ffnSize);
  const contextLength = required("context_length", LIMITS.contextLength);
  const headCount = required("attention.head_count", LIMITS.headCount);
  const kvHeadCount = keys.integer(key("attention.head_count_kv"), 1, LIMITS.headCount) ?? headCount;
  if (headCount % kvHeadCount !== 0) {
    fail("attention.head_count_kv", `is ${kvHeadCount}, which does not divide the ${headCount} heads`, ADVICE_DAMAGED);
  }
  const keyLength = keys.integer(key("attention.key_length"), 2, LIMITS.headDim);
  const ropeKey = keys.integer(key("rope.dimension_count"), 2, LIMITS.headDim);
  const headDim = keyLength ?? ropeKey ?? hiddenSize / headCount;
  if (!Number.isInteger(headDim) || headDim > LIMITS.headDim || headDim % 2 !== 0) {
    const problem = `is ${headCount}, which gives no even whole head dimension from ${hiddenSize} channels`;
    fail("attention.head_count", problem, ADVICE_DAMAGED);
  }
  const ropeDim = ropeKey ?? headDim;
  if (ropeDim > headDim || ropeDim % 2 !== 0) {
    fail("rope.dimension_count", `is ${ropeDim}, not even and up to the head dimension ${headDim}`, ADVICE_DAMAGED);
  }
  const valueLength = keys.integer(key("attention.value_length"), 1, LIMITS.headDim) ?? headDim;
  if (valueLength !== headDim) {
    fail("attention.value_length", `is ${valueLength}, not the head dimension ${headDim}`, ADVICE_UNSUPPORTED);
  }
  for (const [suffix, value] of [
    ["embedding_length", hiddenSize],
    ["feed_forward_length", ffnSize],
    ["attention.head_count", headCount * headDim],
  ] as const) {
    if (value % COLUMN_STEP === 0) continue;
    fail(suffix, `gives rows of ${value} weights, no multiple of ${COLUMN_STEP}`, ADVICE_UNSUPPORTED);
  }
  const vocabSize = keys.integer(key("vocab_size"), 1, LIMITS.vocabSize) ?? embeddingRows;
  if (vocabSize > LIMITS.vocabSize) fail("vocab_size", `is ${vocabSize}, too many`, ADVICE_DAMAGED);

  const epsilonKey = "attention.layer_norm_rms_epsilon";
  return {
    activation: traits.activation,
    subNorms: traits.subNorms,
    qkNorms: traits.qkNorms,
    vocabSize,
    hiddenSize,
    layerCount,
    headCount,
    kvHeadCount,
    headDim,
    ffnSize,
    rmsEpsilon: keys.between(key(epsilonKey), 0, 1) ?? keys.missing(key(epsilonKey)),
    ropeTheta: keys.between(key("rope.freq_base"), 1, 1e12) ?? 10000,
    ropeDim,
    ropePairing: modelFile.ropeHalves ? RopePairing.neox : traits.ropePairing,
    ...readRopeScaling(modelFile, keys, name, contextLength),
    groupSize: 0,
    ternaryEmbedding: false,
    tiedHead: true,
  };
}

function bodyTensors(layers: readonly LayerSource[]): ModelTensor[] {
  const body = layers.flatMap((layer) => [...layer.qkv, layer.attnOutput, ...layer.gateUp, layer.ffnDown]);
  return body.map(({ tensor }) => tensor);
}

function ternaryTensors(
  config: SourceConfig,
  embedding: ModelTensor,
  head: ModelTensor | undefined,
  layers: readonly LayerSource[],
): ModelTensor[] {
  const outer = config.ternaryEmbedding ? [embedding, ...(head === undefined ? [] : [head])] : [];
  return [...outer, ...bodyTensors(layers)];
}

/** Decides whether scales are per row or per group; it is the same for all ternary matrices. */
function setScales(
  modelFile: ModelFile,
  config: SourceConfig,
  traits: Architecture,
  embedding: ModelTensor,
  head: ModelTensor | undefined,
  layers: readonly LayerSource[],
): void {
  const body = bodyTensors(layers);
  const isGrouped = ({ type, isTernary = false }: ModelTensor) => isTernary || GROUP_TYPES.includes(type);
  if (!traits.groupScales && !body.some(isGrouped) && !isGrouped(embedding)) return;
  const refuse = (tensor: ModelTensor, problem: string): never => {
    throw new ModelFileError(modelFile.path, `tensor ${tensor.name}`, problem, ADVICE_UNSUPPORTED);
  };
  config.groupSize = GROUP_COLUMNS;
  config.ternaryEmbedding = isGrouped(embedding);
  if (traits.streamScales && config.ternaryEmbedding) {
    refuse(embedding, `is of type ${embedding.type}, whose scales cannot take in the embedding's scale exactly`);
  }
  if (head !== undefined && isGrouped(head) !== isGrouped(embedding)) {
    refuse(head, `is of type ${head.type} beside an embedding of type ${embedding.type}`);
  }
  for (const tensor of body) {
    if (tensor.columns % GROUP_COLUMNS === 0) continue;
    refuse(tensor, `has rows of ${tensor.columns} weights, no multiple of the ${GROUP_COLUMNS} that share a scale`);
  }
}

function findLayer(finder: TensorFinder, n: number, config: SourceConfig): LayerSource {
  const { hiddenSize, headCount, kvHeadCount, headDim, ffnSize, subNorms, qkNorms } = config;
  const names = TENSORS.layer;
  const inLayer = (part: string) => `blk.${n}.${part}`;
  const heads = headCount * headDim;
  return {
    attnNorm: finder.norm(inLayer(names.attnNorm), hiddenSize),
    qkv: [
      finder.ternary(inLayer(names.query), heads, hiddenSize),
      finder.ternary(inLayer(names.key), kvHeadCount * headDim, hiddenSize),
      finder.ternary(inLayer(names.value), kvHeadCount * headDim, hiddenSize),
    ],
    ...(qkNorms
      ? {
          queryNorm: finder.norm(inLayer(names.queryNorm), headDim),
          keyNorm: finder.norm(inLayer(names.keyNorm), headDim),
        }
      : {}),
    ...(subNorms ? { attnSubNorm: finder.norm(inLayer(names.attnSubNorm), heads) } : {}),
    attnOutput: finder.ternary(inLayer(names.attnOutput), hiddenSize, heads),
    ffnNorm: finder.norm(inLayer(names.ffnNorm), hiddenSize),
    gateUp: [
      finder.ternary(inLayer(names.gate), ffnSize, hiddenSize),
      finder.ternary(inLayer(names.up), ffnSize, hiddenSize),
    ],
    ...(subNorms ? { ffnSubNorm: finder.norm(inLayer(names.ffnSubNorm), ffnSize) } : {}),
    ffnDown: finder.ternary(inLayer(names.down), hiddenSize, ffnSize),
  };
}

/** Finds tensors by name, checks their shapes, and keeps track of those that were not used. */
class TensorFinder {
  readonly #used = new Set<string>();

  readonly #modelFile: ModelFile;

  constructor(modelFile: ModelFile) {
    this.#modelFile = modelFile;
  }

  has(name: string): boolean {
    return this.#modelFile.tensors.has(name);
  }

  get(name: string): ModelTensor {
    const tensor = this.#modelFile.tensors.get(name);
    if (tensor === undefined) {
      throw new ModelFileError(this.#modelFile.path, `tensor ${name}`, "is missing", ADVICE_DAMAGED);
    }
    this.#used.add(name);
    return tensor;
  }

  matrix(name: string, rows: number, columns: number, types: readonly TensorTypeName[]): ModelTensor {
    const tensor = this.get(name);
    if (tensor.rows !== rows || tensor.columns !== columns || tensor.shape.length > 2) {
      const problem = `has the shape [${tensor.shape.join(" x ")}], but the keys say [${columns} x ${rows}]`;
      throw new ModelFileError(this.#modelFile.path, `tensor ${name}`, problem, ADVICE_DAMAGED);
    }
    if (!types.includes(tensor.type)) {
      const problem = `is of type ${tensor.type}, not one of ${types.join(", ")}`;
      throw new ModelFileError(this.#modelFile.path, `tensor ${name}`, problem, ADVICE_UNSUPPORTED);
    }
    return tensor;
  }

  norm(name: string, columns: number): ModelTensor {
    return this.matrix(name, 1, columns, NORM_TYPES);
  }

  /** LongRoPE's factors up to the original context. Those beyond it are checked and not used. */
  ropeFactors(ropeDim: number): ModelTensor {
    this.norm(TENSORS.ropeFactorsLong, ropeDim / 2);
    return this.norm(TENSORS.ropeFactorsShort, ropeDim / 2);
  }

  ternary(name: string, rows: number, columns: number): TernarySource {
    const tensor = this.matrix(`${name}.weight`, rows, columns, BODY_TYPES);
    if (!this.has(`${name}.scale`)) return { tensor };
    return { tensor, factor: this.norm(`${name}.scale`, 1) };
  }

  /** Refuses unused tensors, for instance a bias: leaving one out would make the result wrong. */
  refuseOthers(): void {
    for (const name of this.#modelFile.tensors.keys()) {
      if (this.#used.has(name)) continue;
      const problem = "belongs to no part of the model that this version computes";
      throw new ModelFileError(this.#modelFile.path, `tensor ${quote(name)}`, problem, ADVICE_UNSUPPORTED);
    }
  }
}
