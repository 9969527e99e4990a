/**
 * Bounded reader of GGUF version 3.
 *
 * A file may be hostile: every count and offset is checked against the file's size and a fixed limit before memory is
 * reserved or a loop started. Tensor data is not read here, only placed: {@link GgufFile.read} fetches it on demand.
 */
import { isUtf8 } from "node:buffer";
import type { FileHandle } from "node:fs/promises";
import { type ModelFile, type ModelTensor, type ModelValue, openModelFile, readAt, StringTable } from "../modelFile.ts";
import { ADVICE_DAMAGED, ADVICE_UNSUPPORTED, adviceByBeginning, ModelFileError, quote } from "../modelFileError.ts";
import { HeaderCursor } from "./headerCursor.ts";
import {
  blockWeights,
  DEFAULT_ALIGNMENT,
  describeTensorType,
  GGUF_MAGIC,
  GGUF_VERSION,
  GGUFValueType,
  scalarBytes,
  tensorBytes,
  tensorTypeName,
} from "./types.ts";

const MAX_KEYS = 4096;
const MAX_TENSORS = 65536;
const MAX_NAME_BYTES = 1024;
const MAX_STRING_BYTES = 16 << 20;
const MAX_ARRAY_LENGTH = 1 << 22;
const MAX_ALIGNMENT = 1 << 16;
const MAX_DIMENSIONS = 4;

/** The numeric arrays that an import needs: one number for each token. Other numeric arrays are checked and skipped. */
const KEPT_ARRAYS: ReadonlySet<string> = new Set(["tokenizer.ggml.token_type", "tokenizer.ggml.scores"]);

/** An open GGUF file whose header has been checked. Close it when done. */
export class GgufFile implements ModelFile {
  readonly #handle: FileHandle;

  constructor(
    readonly path: string,
    handle: FileHandle,
    /** Bytes. */
    readonly size: number,
    readonly values: ReadonlyMap<string, ModelValue>,
    readonly tensors: ReadonlyMap<string, ModelTensor>,
  ) {
    this.#handle = handle;
  }

  async read(tensor: ModelTensor, offset: number, target: Uint8Array): Promise<void> {
    await readAt(this.path, this.#handle, tensor, offset, target);
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

/**
 * Opens a file and checks its whole header.
 * @throws ModelFileError when it is no sound GGUF version 3 file
 */
export async function openGguf(path: string): Promise<GgufFile> {
  const handle = await openModelFile(path);
  try {
    const { size } = await handle.stat();
    const cursor = new HeaderCursor(handle.fd, path, size);
    const { values, tensors } = readHeader(path, cursor);
    return new GgufFile(path, handle, size, values, tensors);
  } catch (error) {
    await handle.close();
    throw error;
  }
}

function readHeader(file: string, cursor: HeaderCursor) {
  const magic = cursor.u32("magic");
  if (magic !== GGUF_MAGIC) {
    const begin = Buffer.alloc(4);
    begin.writeUInt32LE(magic);
    throw new ModelFileError(file, "magic", 'is not "GGUF"', adviceByBeginning(begin));
  }
  const version = cursor.u32("version");
  if (version !== GGUF_VERSION) {
    const advice = "Convert the model again with current tools, which write version 3 in little-endian order.";
    throw new ModelFileError(file, "version", `is ${version}, not ${GGUF_VERSION}`, advice);
  }
  // A tensor info takes at least 33 bytes (empty name refused below), a key with its value at least 14.
  const tensorCount = cursor.count(Math.min(MAX_TENSORS, Math.floor(cursor.remaining / 33)), "tensor count");
  const keyCount = cursor.count(Math.min(MAX_KEYS, Math.floor(cursor.remaining / 14)), "key count");
  const values = readValues(file, cursor, keyCount);
  const alignment = readAlignment(file, values);
  const tensors = readTensors(file, cursor, tensorCount, alignment);
  return { values, tensors };
}

function readValues(file: string, cursor: HeaderCursor, count: number): Map<string, ModelValue> {
  const values = new Map<string, ModelValue>();
  for (let i = 0; i < count; i++) {
    const key = readName(file, cursor, `key ${i + 1} of ${count}`);
    if (values.has(key)) throw new ModelFileError(file, `key ${quote(key)}`, "appears twice", ADVICE_DAMAGED);
    values.set(key, readValue(file, cursor, key));
  }
  return values;
}

function readName(file: string, cursor: HeaderCursor, field: string): string {
  const length = cursor.count(MAX_NAME_BYTES, `${field}: length of the name`);
  const bytes = cursor.bytes(length, `${field}: name`);
  if (length === 0 || !isUtf8(bytes)) {
    throw new ModelFileError(file, field, "has a name that is empty or no UTF-8 text", ADVICE_DAMAGED);
  }
  return bytes.toString("utf8");
}

function readValue(file: string, cursor: HeaderCursor, key: string): ModelValue {
  const field = `key ${quote(key)}`;
  const type = cursor.u32(`${field}: value type`);
  switch (type) {
    case GGUFValueType.STRING: {
      const length = cursor.count(MAX_STRING_BYTES, `${field}: string length`);
      const bytes = cursor.bytes(length, field);
      if (!isUtf8(bytes)) throw new ModelFileError(file, field, "is no UTF-8 text", ADVICE_DAMAGED);
      return { kind: "string", value: bytes.toString("utf8") };
    }
    case GGUFValueType.BOOL: {
      const value = cursor.u8(field);
      if (value > 1) throw new ModelFileError(file, field, `is ${value}, neither true nor false`, ADVICE_DAMAGED);
      return { kind: "bool", value: value === 1 };
    }
    case GGUFValueType.ARRAY:
      return readArray(file, cursor, key);
    default:
      if (scalarBytes(type) === undefined) {
        throw new ModelFileError(file, field, `has the unknown value type ${type}`, ADVICE_DAMAGED);
      }
      return { kind: "number", value: readNumber(cursor, type, field) };
  }
}

/** 64-bit integers lose precision beyond 2^53; a caller that needs an integer must check that it is a safe one. */
function readNumber(cursor: HeaderCursor, type: number, field: string): number {
  switch (type) {
    case GGUFValueType.UINT8:
    case GGUFValueType.BOOL:
      return cursor.u8(field);
    case GGUFValueType.INT8:
      return cursor.i8(field);
    case GGUFValueType.UINT16:
      return cursor.u16(field);
    case GGUFValueType.INT16:
      return cursor.i16(field);
    case GGUFValueType.UINT32:
      return cursor.u32(field);
    case GGUFValueType.INT32:
      return cursor.i32(field);
    case GGUFValueType.FLOAT32:
      return cursor.f32(field);
    case GGUFValueType.UINT64:
      return Number(cursor.u64(field));
    case GGUFValueType.INT64:
      return Number(cursor.i64(field));
    default:
      return cursor.f64(field);
  }
}

function readArray(file: string, cursor: HeaderCursor, key: string): ModelValue {
  const field = `key ${quote(key)}`;
  const type = cursor.u32(`${field}: element type`);
  const isString = type === GGUFValueType.STRING;
  const bytes = isString ? 8 : scalarBytes(type);
  if (bytes === undefined) {
    const what = type === GGUFValueType.ARRAY ? "is an array of arrays" : `has the unknown element type ${type}`;
    throw new ModelFileError(file, field, what, ADVICE_DAMAGED);
  }
  const length = cursor.count(MAX_ARRAY_LENGTH, `${field}: array length`);
  cursor.need(length * bytes, field);
  if (isString) return { kind: "strings", value: readStrings(cursor, length, field) };
  if (!KEPT_ARRAYS.has(key)) {
    cursor.skip(length * bytes, field);
    return { kind: "skipped", length };
  }
  const numbers = new Float64Array(length);
  for (let i = 0; i < length; i++) numbers[i] = readNumber(cursor, type, field);
  return { kind: "numbers", value: numbers };
}

function readStrings(cursor: HeaderCursor, length: number, field: string): StringTable {
  const offsets = new Uint32Array(length + 1);
  let data = Buffer.allocUnsafe(Math.max(64, Math.min(length * 8, 1 << 20)));
  let used = 0;
  for (let i = 0; i < length; i++) {
    const bytes = cursor.count(MAX_STRING_BYTES, `${field}: length of string ${i}`);
    cursor.need(bytes, `${field}: string ${i}`);
    if (used + bytes > data.length) {
      // The buffer doubles as data is read, so its size follows the file's content and never the count that it claims.
      const grown = Buffer.allocUnsafe(Math.max(data.length * 2, used + bytes));
      data.copy(grown, 0, 0, used);
      data = grown;
    }
    cursor.bytes(bytes, `${field}: string ${i}`).copy(data, used);
    used += bytes;
    offsets[i + 1] = used;
  }
  return new StringTable(data.subarray(0, used), offsets);
}

function readAlignment(file: string, values: ReadonlyMap<string, ModelValue>): number {
  const entry = values.get("general.alignment");
  if (entry === undefined) return DEFAULT_ALIGNMENT;
  const value = entry.kind === "number" ? entry.value : Number.NaN;
  if (!Number.isInteger(value) || value < 1 || value > MAX_ALIGNMENT || (value & (value - 1)) !== 0) {
    const problem = `is ${entry.kind === "number" ? value : `a ${entry.kind}`}, not a power of two up to ${MAX_ALIGNMENT}`;
    throw new ModelFileError(file, "key general.alignment", problem, ADVICE_DAMAGED);
  }
  return value;
}

function readTensors(file: string, cursor: HeaderCursor, count: number, alignment: number): Map<string, ModelTensor> {
  const tensors = new Map<string, ModelTensor>();
  for (let i = 0; i < count; i++) {
    const tensor = readTensorInfo(file, cursor, `tensor ${i + 1} of ${count}`, alignment);
    if (tensors.has(tensor.name)) {
      throw new ModelFileError(file, `tensor ${quote(tensor.name)}`, "appears twice", ADVICE_DAMAGED);
    }
    tensors.set(tensor.name, tensor);
  }
  const dataStart = Math.ceil(cursor.position / alignment) * alignment;
  for (const tensor of tensors.values()) tensor.offset += dataStart;
  settleQ2(tensors, cursor.size);
  checkPlacement(file, [...tensors.values()], cursor.size);
  return tensors;
}

function readTensorInfo(file: string, cursor: HeaderCursor, field: string, alignment: number): ModelTensor {
  const name = readName(file, cursor, field);
  const at = `tensor ${quote(name)}`;
  const dimensions = cursor.u32(`${at}: number of dimensions`);
  if (dimensions < 1 || dimensions > MAX_DIMENSIONS) {
    throw new ModelFileError(file, at, `has ${dimensions} dimensions, not 1 to ${MAX_DIMENSIONS}`, ADVICE_DAMAGED);
  }
  const shape: number[] = [];
  let weights = 1;
  for (let d = 0; d < dimensions; d++) {
    const length = cursor.count(Number.MAX_SAFE_INTEGER, `${at}: dimension ${d + 1}`);
    weights *= length;
    if (length === 0 || !Number.isSafeInteger(weights)) {
      throw new ModelFileError(file, `${at}: dimension ${d + 1}`, `is ${length}, which cannot be`, ADVICE_DAMAGED);
    }
    shape.push(length);
  }
  const typeNumber = cursor.u32(`${at}: type`);
  const type = tensorTypeName(typeNumber);
  if (type === undefined) {
    const problem = `is of type ${describeTensorType(typeNumber)}, which this version cannot read`;
    throw new ModelFileError(file, at, problem, ADVICE_UNSUPPORTED);
  }
  const columns = shape[0] ?? 0;
  if (columns % blockWeights(type) !== 0) {
    const problem = `has rows of ${columns} weights, no multiple of the ${blockWeights(type)} in a ${type} block`;
    throw new ModelFileError(file, at, problem, ADVICE_DAMAGED);
  }
  const offset = cursor.count(Number.MAX_SAFE_INTEGER, `${at}: offset`);
  if (offset % alignment !== 0) {
    throw new ModelFileError(file, `${at}: offset`, `${offset} is no multiple of ${alignment}`, ADVICE_DAMAGED);
  }
  const rows = weights / columns;
  const size = tensorBytes(type, rows, columns);
  return { name, type, columns, rows, shape, offset, size };
}

/**
 * Type 42 has had two layouts: blocks of 64 weights in 18 bytes, and before that blocks of 128 weights in 34 bytes,
 * which need less room. When any tensor has too little room for the larger layout, all tensors have the smaller one.
 */
function settleQ2(tensors: ReadonlyMap<string, ModelTensor>, fileSize: number): void {
  const sorted = [...tensors.values()].sort((a, b) => a.offset - b.offset);
  const all = sorted.filter((tensor) => tensor.type === "Q2_0");
  const hasRoom = (tensor: ModelTensor) => {
    const next = sorted[sorted.indexOf(tensor) + 1]?.offset ?? fileSize;
    return tensor.offset + tensor.size <= next;
  };
  if (all.every(hasRoom) || !all.every(({ columns }) => columns % blockWeights("PQ2_0") === 0)) return;
  for (const tensor of all) {
    tensor.type = "PQ2_0";
    tensor.size = tensorBytes("PQ2_0", tensor.rows, tensor.columns);
  }
}

/** Checks that every tensor is inside the file and that no two tensors overlap. */
function checkPlacement(file: string, tensors: ModelTensor[], fileSize: number): void {
  tensors.sort((a, b) => a.offset - b.offset);
  let previous: ModelTensor | undefined;
  for (const tensor of tensors) {
    const field = `tensor ${quote(tensor.name)}`;
    if (tensor.offset + tensor.size > fileSize) {
      const problem = `its data ends at byte ${tensor.offset + tensor.size}, but the file ends at ${fileSize}`;
      throw new ModelFileError(file, field, problem, ADVICE_DAMAGED);
    }
    if (previous !== undefined && tensor.offset < previous.offset + previous.size) {
      throw new ModelFileError(file, field, `overlaps tensor ${quote(previous.name)}`, ADVICE_DAMAGED);
    }
    previous = tensor;
  }
}
