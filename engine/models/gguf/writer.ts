/** Writes GGUF version 3 files, for synthetic models and for tests. */
import { GGUF_MAGIC, GGUF_VERSION, GGUFValueType } from "./types.ts";

export type WritableValue =
  | { type: "string"; value: string }
  | { type: "bool"; value: boolean }
  | { type: "u32" | "i32" | "f32" | "u64" | "f64"; value: number }
  | { type: "strings"; value: readonly (string | Uint8Array)[] }
  | { type: "i32s"; value: ArrayLike<number> };

export interface WritableTensor {
  name: string;
  /** Number of the tensor type. */
  type: number;
  /** Dimensions, fastest-varying first. */
  shape: readonly number[];
  /** Bytes. */
  size: number;
}

export interface GgufHeader {
  /** Everything before the tensors' data, padded to the alignment. */
  bytes: Uint8Array;
  /** Offset in bytes of each tensor, from the start of the file. */
  offsets: number[];
  /** Bytes of the whole file. */
  fileSize: number;
}

/** A growing buffer of little-endian bytes. */
export class ByteWriter {
  #buffer = Buffer.alloc(1 << 16);
  #used = 0;

  #room(bytes: number): number {
    if (this.#used + bytes > this.#buffer.length) {
      const grown = Buffer.alloc(Math.max(2 * this.#buffer.length, this.#used + bytes));
      this.#buffer.copy(grown, 0, 0, this.#used);
      this.#buffer = grown;
    }
    this.#used += bytes;
    return this.#used - bytes;
  }

  get length(): number {
    return this.#used;
  }

  u32(value: number): this {
    const at = this.#room(4);
    this.#buffer.writeUInt32LE(value, at);
    return this;
  }
  i32(value: number): this {
    const at = this.#room(4);
    this.#buffer.writeInt32LE(value, at);
    return this;
  }
  f32(value: number): this {
    const at = this.#room(4);
    this.#buffer.writeFloatLE(value, at);
    return this;
  }
  f64(value: number): this {
    const at = this.#room(8);
    this.#buffer.writeDoubleLE(value, at);
    return this;
  }
  u64(value: number | bigint): this {
    const at = this.#room(8);
    this.#buffer.writeBigUInt64LE(BigInt(value), at);
    return this;
  }
  u8(value: number): this {
    const at = this.#room(1);
    this.#buffer.writeUInt8(value, at);
    return this;
  }
  raw(bytes: Uint8Array): this {
    const at = this.#room(bytes.length);
    this.#buffer.set(bytes, at);
    return this;
  }
  /** Appends the length of a string, then its UTF-8 bytes. */
  string(text: string | Uint8Array): this {
    const bytes = typeof text === "string" ? Buffer.from(text, "utf8") : text;
    return this.u64(bytes.length).raw(bytes);
  }
  /** Appends zeros up to a multiple of `alignment` bytes. */
  pad(alignment: number): this {
    this.#room((alignment - (this.#used % alignment)) % alignment);
    return this;
  }
  bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#used);
  }
}

const SCALARS = {
  u32: GGUFValueType.UINT32,
  i32: GGUFValueType.INT32,
  f32: GGUFValueType.FLOAT32,
  u64: GGUFValueType.UINT64,
  f64: GGUFValueType.FLOAT64,
} as const;

function writeValue(out: ByteWriter, entry: WritableValue): void {
  switch (entry.type) {
    case "string":
      out.u32(GGUFValueType.STRING).string(entry.value);
      break;
    case "bool":
      out.u32(GGUFValueType.BOOL).u8(entry.value ? 1 : 0);
      break;
    case "strings":
      out.u32(GGUFValueType.ARRAY).u32(GGUFValueType.STRING).u64(entry.value.length);
      for (const text of entry.value) out.string(text);
      break;
    case "i32s":
      out.u32(GGUFValueType.ARRAY).u32(GGUFValueType.INT32).u64(entry.value.length);
      for (let i = 0; i < entry.value.length; i++) out.i32(entry.value[i] ?? 0);
      break;
    default:
      out.u32(SCALARS[entry.type])[entry.type](entry.value);
  }
}

/** Header of a file whose tensors follow one another, each at a multiple of `alignment` bytes. */
export function encodeHeader(
  values: ReadonlyMap<string, WritableValue>,
  tensors: readonly WritableTensor[],
  alignment = 32,
): GgufHeader {
  const out = new ByteWriter();
  out.u32(GGUF_MAGIC).u32(GGUF_VERSION).u64(tensors.length).u64(values.size);
  for (const [key, entry] of values) {
    out.string(key);
    writeValue(out, entry);
  }
  const relative: number[] = [];
  let end = 0;
  for (const tensor of tensors) {
    const offset = Math.ceil(end / alignment) * alignment;
    relative.push(offset);
    end = offset + tensor.size;
    out.string(tensor.name).u32(tensor.shape.length);
    for (const length of tensor.shape) out.u64(length);
    out.u32(tensor.type).u64(offset);
  }
  out.pad(alignment);
  const bytes = out.bytes();
  return { bytes, offsets: relative.map((offset) => bytes.length + offset), fileSize: bytes.length + end };
}
