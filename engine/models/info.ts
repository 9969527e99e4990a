/** Describes a model file as a plain object for JSON. */

import type { LayoutName } from "../native.ts";
import { GgufFile } from "./gguf/reader.ts";
import type { ModelFile } from "./modelFile.ts";
import { ModelKeys } from "./modelKeys.ts";
import { openModel } from "./openModel.ts";
import { Activation, RopePairing, Section } from "./packFormat.ts";
import { isPack, type PackInfo, readPackInfo } from "./packInfo.ts";
import { describeSource, type ModelSource, type SourceConfig } from "./source.ts";
import { encodeVocabulary, summariseVocabulary, type VocabularySummary } from "./vocabBlob.ts";

export interface ModelInfo {
  path: string;
  format: "GGUF" | "safetensors" | "pack";
  /** Size of the file in bytes. */
  bytes: number;
  name: string;
  architecture: string;
  license?: string;
  /** How a pack stores the ternary matrices. */
  layout?: LayoutName;
  /** Absent for a file that holds only a vocabulary. */
  model?: ModelShape;
  tokenizer: VocabularySummary;
}

/** The configuration with readable names, and how many bytes each part takes. */
export interface ModelShape
  extends Omit<
    SourceConfig,
    | "activation"
    | "ropePairing"
    | "ropeScaling"
    | "ropeOriginalContext"
    | "ropeMagnitude"
    | "ternaryEmbedding"
    | "tiedHead"
  > {
  activation: "relu^2" | "silu";
  subNorms: boolean;
  ropePairing: "neox" | "adjacent";
  /** Type of the ternary matrices in the (source) file. */
  bodyType: string;
  embeddingType: string;
  /** "tied" when the embedding is the head. */
  headType: string;
  /** Number of all weights, including the norms. */
  parameters: number;
  ternaryWeights: number;
  bodyBytes: number;
  embeddingBytes: number;
  headBytes: number;
}

/**
 * Describes a GGUF file, a safetensors folder or a pack.
 * @throws ModelFileError when it is neither, or could not be imported
 */
export async function modelInfo(path: string): Promise<ModelInfo> {
  if (await isPack(path)) return infoOfPack(await readPackInfo(path));
  const modelFile = await openModel(path);
  try {
    return infoOfSource(modelFile);
  } finally {
    await modelFile.close();
  }
}

function infoOfSource(modelFile: ModelFile): ModelInfo {
  const keys = new ModelKeys(modelFile);
  const license = keys.text("general.license");
  return {
    path: modelFile.path,
    format: modelFile instanceof GgufFile ? "GGUF" : "safetensors",
    bytes: modelFile.size,
    name: keys.text("general.name") ?? "",
    architecture: keys.text("general.architecture") ?? keys.missing("general.architecture"),
    ...(license === undefined ? {} : { license }),
    ...(modelFile.tensors.size === 0 ? {} : { model: shapeOfSource(describeSource(modelFile)) }),
    tokenizer: summariseVocabulary(encodeVocabulary(modelFile)),
  };
}

function shapeOfSource(source: ModelSource): ModelShape {
  const body = source.layers.flatMap((layer) => [...layer.qkv, layer.attnOutput, ...layer.gateUp, layer.ffnDown]);
  return {
    ...shapeOfConfig(source.config),
    bodyType: source.bodyType,
    embeddingType: source.embedding.type,
    headType: source.head?.type ?? "tied",
    bodyBytes: body.reduce((sum, part) => sum + part.tensor.size, 0),
    embeddingBytes: source.embedding.size,
    headBytes: source.head?.size ?? 0,
  };
}

function infoOfPack(pack: PackInfo): ModelInfo {
  const { metadata, config } = pack;
  const ternary: readonly number[] = [Section.qkv, Section.attnOutput, Section.gateUp, Section.ffnDown];
  const bytesOf = (kinds: readonly number[]) =>
    pack.sections.reduce((sum, section) => sum + (kinds.includes(section.kind) ? section.size : 0), 0);
  return {
    path: pack.path,
    format: "pack",
    bytes: pack.fileSize,
    name: metadata.name,
    architecture: metadata.sourceArchitecture,
    ...(metadata.license === undefined ? {} : { license: metadata.license }),
    layout: pack.layout,
    model: {
      ...shapeOfConfig(config),
      bodyType: metadata.sourceType,
      embeddingType: config.ternaryEmbedding ? "ternary" : "F16",
      headType: config.tiedHead ? "tied" : config.ternaryEmbedding ? "ternary" : "F16",
      bodyBytes: bytesOf(ternary),
      embeddingBytes: bytesOf([Section.embedding]),
      headBytes: bytesOf([Section.headF16, Section.headTernary, Section.headHigh, Section.headMiddle, Section.headLow]),
    },
    tokenizer: summariseVocabulary(pack.vocabulary),
  };
}

function shapeOfConfig(config: SourceConfig) {
  const { hiddenSize, layerCount, headCount, kvHeadCount, headDim, ffnSize, vocabSize } = config;
  const heads = headCount * headDim;
  const { subNorms } = config;
  const ternaryWeights = layerCount * hiddenSize * (2 * heads + 2 * kvHeadCount * headDim + 3 * ffnSize);
  const layerNorms = 2 * hiddenSize + (subNorms ? heads + ffnSize : 0) + (config.qkNorms ? 2 * headDim : 0);
  const norms = hiddenSize + layerCount * layerNorms;
  return {
    activation: config.activation === Activation.reluSquared ? ("relu^2" as const) : ("silu" as const),
    subNorms,
    qkNorms: config.qkNorms,
    groupSize: config.groupSize,
    ropeFactor: config.ropeFactor,
    hiddenSize,
    layerCount,
    headCount,
    kvHeadCount,
    headDim,
    ffnSize,
    vocabSize,
    contextLength: config.contextLength,
    rmsEpsilon: config.rmsEpsilon,
    ropeTheta: config.ropeTheta,
    ropeDim: config.ropeDim,
    ropePairing: config.ropePairing === RopePairing.neox ? ("neox" as const) : ("adjacent" as const),
    parameters: ternaryWeights + norms + vocabSize * hiddenSize * (config.tiedHead ? 1 : 2),
    ternaryWeights,
  };
}
