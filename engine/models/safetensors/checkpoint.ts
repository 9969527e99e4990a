/**
 * Presents a checkpoint from the hub (config.json, the tokenizer's files, safetensors) as the GGUF file that a
 * converter would make of it, so that everything after the reader is the same for both formats.
 */
import type { FileHandle } from "node:fs/promises";
import { basename, join } from "node:path";
import { TENSORS } from "../architectures.ts";
import { type ModelFile, type ModelTensor, type ModelValue, openModelFile, readAt } from "../modelFile.ts";
import { ADVICE_DAMAGED, ADVICE_UNSUPPORTED, ModelFileError, quote } from "../modelFileError.ts";
import { type CheckpointConfig, readConfig } from "./checkpointConfig.ts";
import { exists, readJson } from "./checkpointFiles.ts";
import { isObject, readHeader } from "./header.ts";
import { type FileTensor, joinMlx, type Mlx, type ReadPart, readMlx } from "./mlx.ts";
import { isTernaryByGroups } from "./ternaryProbe.ts";
import { readTokenizerFiles, tokenizerFiles } from "./tokenizerFiles.ts";

const CONFIG = "config.json";
const SINGLE = "model.safetensors";
const INDEX = "model.safetensors.index.json";

/** Names of the linear layers; the hub's names come first. */
const LINEARS: readonly (readonly [hub: string, modelFile: string])[] = [
  ["self_attn.q_proj", "attn_q"],
  ["self_attn.k_proj", "attn_k"],
  ["self_attn.v_proj", "attn_v"],
  ["self_attn.o_proj", "attn_output"],
  ["mlp.gate_proj", "ffn_gate"],
  ["mlp.up_proj", "ffn_up"],
  ["mlp.down_proj", "ffn_down"],
];

/** Names of a layer's norms. The first models of the family have other names for their sub-norms. */
const NORMS: readonly (readonly [hub: string, modelFile: string])[] = [
  ["input_layernorm", "attn_norm"],
  ["self_attn.attn_sub_norm", "attn_sub_norm"],
  ["self_attn.inner_attn_ln", "attn_sub_norm"],
  ["self_attn.q_norm", "attn_q_norm"],
  ["self_attn.k_norm", "attn_k_norm"],
  ["post_attention_layernorm", "ffn_norm"],
  ["mlp.ffn_sub_norm", "ffn_sub_norm"],
  ["mlp.ffn_layernorm", "ffn_sub_norm"],
];

/**
 * Opens the folder and checks config.json, the tokenizer and every file's header.
 * @throws ModelFileError
 */
export async function openCheckpoint(folder: string): Promise<ModelFile> {
  const handles: FileHandle[] = [];
  try {
    const tensors: FileTensor[] = [];
    for (const [file, name] of (await shardNames(folder)).entries()) {
      const handle = await openModelFile(join(folder, name));
      handles.push(handle);
      for (const tensor of await readHeader(join(folder, name), handle)) tensors.push({ ...tensor, file });
    }
    const configPath = join(folder, CONFIG);
    const has = (pattern: RegExp) => tensors.some(({ name }) => pattern.test(name));
    const config = readConfig(configPath, await readJson(configPath), {
      subNorms: has(/\.(attn_sub_norm|inner_attn_ln)\.weight$/),
      qkNorms: has(/\.self_attn\.q_norm\.weight$/),
    });
    const vocabulary = await readTokenizerFiles(folder, config);
    const values = new Map([...config.values, ...vocabulary]);
    if (config.values.get("general.name")?.kind !== "string") values.set("general.name", named(basename(folder)));
    const placed = placeTensors(folder, joinMlx(folder, tensors), config);
    const checkpoint = new Checkpoint(folder, handles, values, placed);
    if (config.groupScales) await findTernary(checkpoint);
    return checkpoint;
  } catch (error) {
    await Promise.all(handles.map((handle) => handle.close()));
    throw error;
  }
}

/** The files of this folder that determine the model. */
export async function checkpointFiles(folder: string): Promise<string[]> {
  return [CONFIG, ...(await tokenizerFiles(folder)), ...(await shardNames(folder))];
}

/** Embedding and head may be ternary like the rest. */
async function findTernary(checkpoint: Checkpoint): Promise<void> {
  const tensors = [TENSORS.embedding, TENSORS.head].flatMap((name) => checkpoint.tensors.get(name) ?? []);
  for (const tensor of tensors) {
    if (await isTernaryByGroups(tensor, (...place) => checkpoint.read(...place))) tensor.isTernary = true;
  }
}

type PlacedTensor = ModelTensor & { file: number; mlx?: Mlx };

class Checkpoint implements ModelFile {
  readonly size: number;
  readonly ropeHalves = true;

  readonly #handles: readonly FileHandle[];

  constructor(
    readonly path: string,
    handles: readonly FileHandle[],
    readonly values: ReadonlyMap<string, ModelValue>,
    readonly tensors: ReadonlyMap<string, PlacedTensor>,
  ) {
    this.#handles = handles;
    this.size = [...tensors.values()].reduce((sum, tensor) => sum + tensor.size, 0);
  }

  async read(tensor: ModelTensor, offset: number, target: Uint8Array): Promise<void> {
    const placed = this.tensors.get(tensor.name);
    if (placed === undefined) throw new RangeError(`${tensor.name} is no tensor of ${this.path}`);
    if (placed.mlx === undefined) return await this.#readFile(placed, offset, target);
    const read: ReadPart = (part, at, bytes) => this.#readFile({ ...part, size: part.bytes }, at, bytes);
    await readMlx(this.path, placed.mlx, read, offset, target);
  }

  async #readFile(
    tensor: { name: string; offset: number; size: number; file: number },
    offset: number,
    target: Uint8Array,
  ): Promise<void> {
    const handle = this.#handles[tensor.file];
    if (handle === undefined) throw new RangeError(`${tensor.name} is in no file of ${this.path}`);
    await readAt(this.path, handle, tensor, offset, target);
  }

  async close(): Promise<void> {
    await Promise.all(this.#handles.map((handle) => handle.close()));
  }
}

function named(value: string): ModelValue {
  return { kind: "string", value };
}

async function shardNames(folder: string): Promise<string[]> {
  const path = join(folder, INDEX);
  if (!(await exists(path))) return [SINGLE];
  const { weight_map: map } = await readJson(path);
  const names = isObject(map) ? [...new Set(Object.values(map))] : [];
  if (names.length === 0 || !names.every((name) => typeof name === "string" && /^[\w.-]+\.safetensors$/.test(name))) {
    throw new ModelFileError(path, "weight_map", "does not name files of this folder", ADVICE_DAMAGED);
  }
  return (names as string[]).sort();
}

function placeTensors(folder: string, found: FileTensor[], config: CheckpointConfig) {
  const placed = new Map<string, PlacedTensor>();
  const put = (name: string, tensor: FileTensor, change: Partial<ModelTensor> = {}) => {
    if (placed.has(name)) {
      throw new ModelFileError(folder, `tensor ${quote(tensor.name)}`, "is there twice", ADVICE_DAMAGED);
    }
    const refuse = (problem: string): never => {
      throw new ModelFileError(folder, `tensor ${quote(tensor.name)}`, problem, ADVICE_UNSUPPORTED);
    };
    if (tensor.shape.length > 2) refuse(`has ${tensor.shape.length} dimensions`);
    const [rows = 1, columns = 1] = tensor.shape.length === 2 ? tensor.shape : [1, tensor.shape[0] ?? 1];
    const type =
      tensor.dtype === "U8" || tensor.dtype === "U32"
        ? (change.type ?? refuse("holds bytes where numbers are expected"))
        : tensor.dtype;
    const allRows = type === "HF_U2" ? 4 * rows : rows;
    placed.set(name, {
      name,
      type,
      columns,
      rows: allRows,
      shape: tensor.shape.length === 2 ? [columns, allRows] : [columns],
      offset: tensor.offset,
      size: tensor.bytes,
      file: tensor.file,
      ...(tensor.mlx && { mlx: tensor.mlx }),
      ...change,
    });
  };
  for (const tensor of found) {
    const { name, dtype } = tensor;
    // Older code saved the table of rotation frequencies, which can be computed from the configuration.
    if (name.endsWith(".rotary_emb.inv_freq")) continue;
    if (name === "model.embed_tokens.weight") put("token_embd.weight", tensor);
    else if (name === "model.norm.weight") put("output_norm.weight", tensor);
    else if (name === "lm_head.weight") {
      if (!config.tied) put("output.weight", tensor);
    } else {
      const [, layer = "", part = "", suffix = ""] =
        /^model\.layers\.(\d{1,5})\.(.+)\.(weight|weight_scale)$/.exec(name) ?? [];
      const linear = LINEARS.find(([hub]) => hub === part)?.[1];
      const norm = NORMS.find(([hub]) => hub === part)?.[1];
      const at = `blk.${layer}.${linear ?? norm}`;
      if (linear !== undefined && suffix === "weight_scale") {
        put(`${at}.scale`, tensor, config.dividing ? { isDivisor: true } : {});
      } else if (linear !== undefined && dtype === "U8") {
        put(`${at}.weight`, tensor, { type: "HF_U2" });
      } else if (linear !== undefined && config.isTrainedTernary && !hasScale(found, tensor)) {
        put(`${at}.weight`, tensor, { isMaster: true });
      } else if (layer !== "" && (linear ?? norm) !== undefined && suffix === "weight") put(`${at}.weight`, tensor);
      // A tensor that belongs to no part is refused by name when the model is described.
      else put(name, tensor);
    }
  }
  for (const [name, { type }] of placed) {
    if (type === "HF_U2" && !placed.has(name.replace(/weight$/, "scale"))) {
      throw new ModelFileError(folder, `tensor ${name}`, "has no weight_scale beside it", ADVICE_DAMAGED);
    }
  }
  if (!config.tied && !placed.has("output.weight")) {
    const problem = "is missing, and config.json does not tie it to the embedding";
    throw new ModelFileError(folder, "tensor lm_head.weight", problem, ADVICE_DAMAGED);
  }
  return placed;
}

function hasScale(found: readonly FileTensor[], { name }: FileTensor): boolean {
  return found.some((tensor) => tensor.name === `${name}_scale`);
}
