/** What the catalogue knows about a model. */
import type { Pin } from "../download/statement.ts";

/** How a model's weights are stored where it is downloaded. */
export type SourceForm =
  /** One GGUF file, I2_S. */
  | "gguf"
  /** One GGUF file of 2-bit weights with a scale for each 128 of them (PQ2_0), the embedding among them. */
  | "grouped"
  /** The same with weights of 1 bit (Q1_0). */
  | "binary"
  /** safetensors that pack four ternary weights into a byte. */
  | "packed"
  /** safetensors with the trained full-precision weights, which the import rounds to ternary. */
  | "master";

export interface CatalogueFile {
  name: string;
  /**
   * Size in bytes and SHA-256 of the published file. Absent where no trustworthy public source states them: the
   * download is then checked against what the hub states, which is remembered so that a file that changes later is
   * noticed.
   */
  pin?: Pin;
}

export interface Licence {
  name: string;
  url: string;
}

/** The numbers from which the model's memory and speed are estimated. */
export interface WeightCounts {
  /** Number of ternary weights. */
  body: number;
  vocab: number;
  hidden: number;
  /** Whether the output matrix is the embedding. */
  tied: boolean;
  /** Bits of a weight in memory, its share of a scale included, where embedding and output matrix are ternary, too. */
  bitsOfAll?: number;
  /** Values that one token leaves in the cache: 2 * layers * KV heads * head dimension. */
  cachePerToken: number;
}

export interface CatalogueEntry {
  /** Identifier, which is also the name of the model's folder. */
  id: string;
  name: string;
  /** Repository on the hub, as owner/name. */
  repo: string;
  /** Branch, tag or commit. */
  revision: string;
  form: SourceForm;
  files: readonly CatalogueFile[];
  /** Bytes to download: approximate, or exact where all files are pinned. */
  bytes: number;
  licence: Licence;
  weights: WeightCounts;
  /** Context length in tokens that the model was trained for. */
  contextLength: number;
  /** "chat" answers questions and completes; "base" only completes. */
  profile: "chat" | "base";
  /**
   * Percent of HumanEval+'s problems that it solves at the first attempt, by its makers' or others' published figures;
   * absent where none is known.
   */
  codeScore?: number;
  goodFor: string;
  /** Why this version cannot use the model; absent when it can. */
  obstacle?: string;
}
