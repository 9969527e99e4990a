/** What the catalog knows of a model. */
import type { Pin } from "../download/statement.ts";

/** How a model's weights are stored where it is downloaded. */
export type SourceForm =
  /** One GGUF file, I2_S. */
  | "gguf"
  /** safetensors, four ternary weights to a byte. */
  | "packed"
  /** safetensors, the weights that were trained, to be rounded to ternary. */
  | "master";

export interface CatalogFile {
  name: string;
  /**
   * Size and SHA-256 of the published file. Absent where no trustworthy public source states them: then what the hub
   * itself states is checked, and remembered at the first download, so that a file that changes later is noticed.
   */
  pin?: Pin;
}

export interface Licence {
  name: string;
  url: string;
}

/** What memory and speed follow from. */
export interface WeightCounts {
  /** Ternary weights. */
  body: number;
  vocab: number;
  hidden: number;
  /** The output matrix is the embedding. */
  tied: boolean;
  /** Values that one token leaves in the cache: 2 * layers * KV heads * head dimension. */
  cachePerToken: number;
}

export interface CatalogEntry {
  /** Also the name of its folder. */
  id: string;
  name: string;
  /** On the hub, as owner/name. */
  repo: string;
  /** Branch, tag or commit. */
  revision: string;
  form: SourceForm;
  files: readonly CatalogFile[];
  /** Bytes to download, about; exact where all files are pinned. */
  bytes: number;
  licence: Licence;
  weights: WeightCounts;
  /** Tokens it was trained for. */
  contextLength: number;
  /** "chat" answers questions and completes; "base" only completes. */
  profile: "chat" | "base";
  goodFor: string;
  /** Why this version cannot use the model; absent for all that it can. */
  obstacle?: string;
}
