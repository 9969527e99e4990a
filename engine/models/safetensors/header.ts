/**
 * Reads the header of a safetensors file: a u64 length, then JSON that gives the type, shape and position of every
 * tensor. Everything is checked against the file's size before it is used.
 */
import type { FileHandle } from "node:fs/promises";
import { ADVICE_DAMAGED, ADVICE_UNSUPPORTED, adviceByBeginning, ModelFileError, quote } from "../modelFileError.ts";

export type DType = "F32" | "F16" | "BF16" | "U8" | "U32";

export interface SafeTensor {
  name: string;
  dtype: DType;
  /** Dimensions, slowest-varying first. */
  shape: number[];
  /** Absolute offset in the file. */
  offset: number;
  bytes: number;
}

const DTYPE_BYTES: Readonly<Record<DType, number>> = { F32: 4, F16: 2, BF16: 2, U8: 1, U32: 4 };
const MAX_HEADER_BYTES = 64 << 20;
const MAX_TENSORS = 65536;
const MAX_DIMENSIONS = 4;

/** @throws ModelFileError */
export async function readHeader(path: string, handle: FileHandle): Promise<SafeTensor[]> {
  const fail = (field: string, problem: string, advice = ADVICE_DAMAGED): never => {
    throw new ModelFileError(path, field, problem, advice);
  };
  const { size } = await handle.stat();
  const start = Buffer.alloc(8);
  if ((await handle.read(start, 0, 8, 0)).bytesRead < 8) fail("header", "is missing: the file ends before it");
  const length = Number(start.readBigUInt64LE());
  if (length < 2 || length > Math.min(MAX_HEADER_BYTES, size - 8)) {
    fail("header", `of ${length} bytes cannot be`, adviceByBeginning(start, ADVICE_DAMAGED));
  }
  const text = Buffer.alloc(length);
  if ((await handle.read(text, 0, length, 8)).bytesRead < length) fail("header", "is cut off");
  const json = parseObject(text.toString("utf8"));
  if (json === undefined) return fail("header", "is no JSON object");
  const entries = Object.entries(json).filter(([name]) => name !== "__metadata__");
  if (entries.length > MAX_TENSORS) fail("header", `lists ${entries.length} tensors, more than any model has`);
  const dataStart = 8 + length;
  const tensors = entries.map(([name, value]) => readEntry(path, name, value, dataStart, size));
  let end = dataStart;
  for (const tensor of [...tensors].sort((a, b) => a.offset - b.offset)) {
    if (tensor.offset < end) fail(`tensor ${quote(tensor.name)}`, "overlaps another one");
    end = tensor.offset + tensor.bytes;
  }
  return tensors;
}

function readEntry(path: string, name: string, value: unknown, dataStart: number, fileSize: number): SafeTensor {
  const fail = (problem: string, advice = ADVICE_DAMAGED): never => {
    throw new ModelFileError(path, `tensor ${quote(name)}`, problem, advice);
  };
  const { dtype, shape, data_offsets: offsets } = (isObject(value) ? value : {}) as Record<string, unknown>;
  if (typeof dtype !== "string") return fail("has no type");
  if (!isCounts(shape) || !isCounts(offsets) || offsets.length !== 2) return fail("has no shape, or no place");
  if (!Object.hasOwn(DTYPE_BYTES, dtype)) return fail(`is of type ${quote(dtype)}`, ADVICE_UNSUPPORTED);
  if (shape.length > MAX_DIMENSIONS) fail(`has ${shape.length} dimensions`);
  const bytes = shape.reduce((product, n) => product * n, DTYPE_BYTES[dtype as DType]);
  const [first = 0, last = 0] = offsets;
  if (bytes === 0 || last - first !== bytes || dataStart + last > fileSize) {
    fail(`of ${bytes} bytes lies at ${first} to ${last}, which does not fit the file of ${fileSize} bytes`);
  }
  return { name, dtype: dtype as DType, shape, offset: dataStart + first, bytes };
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Parses a JSON object; undefined when the text is not one. */
export function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text.replace(/^\ufeff/, ""));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
