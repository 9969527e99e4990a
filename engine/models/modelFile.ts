/**
 * A model on disk as the importer sees it: keys with values, and tensors whose bytes can be read. The GGUF reader and
 * the safetensors reader both produce it, with the key and tensor names of GGUF.
 */
import { type FileHandle, open, stat } from "node:fs/promises";
import type { TensorTypeName } from "./gguf/types.ts";
import { ADVICE_DAMAGED, ModelFileError } from "./modelFileError.ts";

/** The strings of an array, kept as the file's bytes because a vocabulary can have half a million of them. */
export class StringTable {
  static of(texts: readonly string[]): StringTable {
    const offsets = new Uint32Array(texts.length + 1);
    texts.forEach((text, i) => {
      offsets[i + 1] = (offsets[i] ?? 0) + Buffer.byteLength(text);
    });
    return new StringTable(Buffer.from(texts.join("")), offsets);
  }

  readonly #data: Uint8Array;
  readonly #offsets: Uint32Array;

  constructor(
    data: Uint8Array,
    /** length + 1 offsets into `data`. */
    offsets: Uint32Array,
  ) {
    this.#data = data;
    this.#offsets = offsets;
  }

  get length(): number {
    return this.#offsets.length - 1;
  }

  bytes(index: number): Uint8Array {
    return this.#data.subarray(this.#offsets[index], this.#offsets[index + 1]);
  }

  text(index: number): string {
    const { buffer, byteOffset } = this.#data;
    const start = this.#offsets[index] ?? 0;
    return Buffer.from(buffer, byteOffset + start, (this.#offsets[index + 1] ?? start) - start).toString("utf8");
  }
}

export type ModelValue =
  | { kind: "number"; value: number }
  | { kind: "bool"; value: boolean }
  | { kind: "string"; value: string }
  | { kind: "numbers"; value: Float64Array }
  | { kind: "strings"; value: StringTable }
  /** An array that the import does not need: its bounds were checked, but its elements were not kept. */
  | { kind: "skipped"; length: number };

export interface ModelTensor {
  name: string;
  type: TensorTypeName;
  /** Number of weights per row, which is the file's first and fastest-varying dimension. */
  columns: number;
  /** Product of the other dimensions. */
  rows: number;
  /** Dimensions as the file lists them, fastest-varying first. */
  shape: number[];
  /** Absolute offset in the file. */
  offset: number;
  /** Bytes. */
  size: number;
  /** Whether these are the trained full-precision weights, which are still to be rounded to ternary. */
  isMaster?: boolean;
  /** Whether these floats are ternary already, with a scale for each 128 columns, where that is not told by the part. */
  isTernary?: boolean;
  /** Whether this is a scale that divides instead of multiplying. */
  isDivisor?: boolean;
}

/** A model's keys and tensors, whatever files they come from. */
export interface ModelFile {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  readonly values: ReadonlyMap<string, ModelValue>;
  readonly tensors: ReadonlyMap<string, ModelTensor>;
  /** How q and k are rotated, when the architecture alone does not determine it. */
  readonly ropeHalves?: boolean;
  /**
   * Fills `target` from `offset` bytes into the tensor.
   * @throws ModelFileError when the range is outside the tensor, or the file has become shorter
   */
  read(tensor: ModelTensor, offset: number, target: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

/**
 * Fills `target` from `offset` bytes into a tensor of an open file.
 * @throws ModelFileError when the file has become shorter
 */
export async function readAt(
  path: string,
  handle: FileHandle,
  tensor: Pick<ModelTensor, "name" | "offset" | "size">,
  offset: number,
  target: Uint8Array,
): Promise<void> {
  if (offset + target.length > tensor.size) throw new RangeError(`read past the end of ${tensor.name}`);
  for (let filled = 0; filled < target.length; ) {
    const position = tensor.offset + offset + filled;
    const { bytesRead } = await handle.read(target, filled, target.length - filled, position);
    if (bytesRead === 0) {
      throw new ModelFileError(path, `tensor ${tensor.name}`, "the file shrank while it was read", ADVICE_DAMAGED);
    }
    filled += bytesRead;
  }
}

/** Opens a regular file for reading, with an error that says what to do. */
export async function openModelFile(path: string): Promise<FileHandle> {
  const refuse = (error: unknown): never => {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new ModelFileError(path, "file", `cannot be opened (${code})`, "Check the path and the permissions.");
  };
  // Before it is opened, because opening a named pipe waits for somebody who writes into it.
  const stats = await stat(path).catch(refuse);
  if (!stats.isFile()) {
    throw new ModelFileError(path, "file", "is not a regular file", "Give the path of a GGUF file.");
  }
  return await open(path, "r").catch(refuse);
}
