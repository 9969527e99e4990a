/**
 * Weights as MLX keeps them in 2 bits: `X.weight` with 16 codes to a u32, the first in the lowest bits, and for each 128
 * columns a scale in `X.scales` and a bias in `X.biases`; a weight is scale * code + bias. Where the bias is the negative
 * scale they are ternary, and have the codes of PQ2_0 in the same order: they are shown as a tensor of that type.
 */
import { bf16ToF32, F16_TO_F32, toF16 } from "../half.ts";
import { ADVICE_DAMAGED, ADVICE_UNSUPPORTED, ModelFileError, quote } from "../modelFileError.ts";
import type { SafeTensor } from "./header.ts";

/** A tensor of one of the checkpoint's files. */
export type FileTensor = Omit<SafeTensor, "dtype"> & { dtype: SafeTensor["dtype"] | "PQ2_0"; file: number; mlx?: Mlx };

/** The tensors that a matrix is made of. */
export interface Mlx {
  codes: FileTensor;
  scales: FileTensor;
  biases: FileTensor;
}

const GROUP_COLUMNS = 128;
const CODES_PER_WORD = 16;
/** Bytes of the codes of a group, of its scale, and of both as PQ2_0 has them. */
const CODE_BYTES = 32;
const SCALE_BYTES = 2;
const BLOCK_BYTES = SCALE_BYTES + CODE_BYTES;
const SIGN = 0x8000;

/**
 * The tensors, with each matrix of MLX's as one.
 * @throws ModelFileError where a part of one is missing or has another shape
 */
export function joinMlx(folder: string, found: readonly FileTensor[]): FileTensor[] {
  const byName = new Map(found.map((tensor) => [tensor.name, tensor]));
  const parts = new Set<string>();
  const matrices = found.flatMap((codes) => {
    if (codes.dtype !== "U32") return [];
    const fail = (problem: string, advice = ADVICE_DAMAGED): never => {
      throw new ModelFileError(folder, `tensor ${quote(codes.name)}`, problem, advice);
    };
    const stem = codes.name.replace(/\.weight$/, "");
    const [rows = 0, words = 0] = codes.shape;
    if (codes.shape.length !== 2 || stem === codes.name) return fail("holds 32-bit integers", ADVICE_UNSUPPORTED);
    const columns = words * CODES_PER_WORD;
    const groups = columns / GROUP_COLUMNS;
    const part = (suffix: string): FileTensor => {
      const tensor = byName.get(`${stem}.${suffix}`) ?? fail(`has no ${suffix} beside it`);
      const isHalf = tensor.dtype === "F16" || tensor.dtype === "BF16";
      if (!isHalf) fail(`has ${suffix} of type ${tensor.dtype}, not F16 or BF16`, ADVICE_UNSUPPORTED);
      if (tensor.shape.length !== 2 || tensor.shape[0] !== rows || tensor.shape[1] !== groups) {
        const shapes = `[${tensor.shape.join(" x ")}] beside codes of [${codes.shape.join(" x ")}]`;
        fail(`has ${suffix} of the shape ${shapes}, so that no ${GROUP_COLUMNS} columns share one`, ADVICE_UNSUPPORTED);
      }
      return tensor;
    };
    const mlx = { codes, scales: part("scales"), biases: part("biases") };
    for (const one of Object.values(mlx)) parts.add(one.name);
    return [{ ...codes, dtype: "PQ2_0" as const, shape: [rows, columns], bytes: rows * groups * BLOCK_BYTES, mlx }];
  });
  return [...found.filter(({ name }) => !parts.has(name)), ...matrices];
}

/** Fills `target` from `offset` bytes into the tensor of a file. */
export type ReadPart = (tensor: FileTensor, offset: number, target: Uint8Array) => Promise<void>;

/**
 * Fills `target` from `offset` bytes into the matrix as PQ2_0.
 * @throws ModelFileError where the weights are not ternary
 */
export async function readMlx(
  folder: string,
  { codes, scales, biases }: Mlx,
  read: ReadPart,
  offset: number,
  target: Uint8Array,
): Promise<void> {
  const first = Math.floor(offset / BLOCK_BYTES);
  const count = Math.ceil((offset + target.length) / BLOCK_BYTES) - first;
  const part = async (tensor: FileTensor, bytes: number) => {
    const data = new Uint8Array(count * bytes);
    await read(tensor, first * bytes, data);
    return data;
  };
  const codeBytes = await part(codes, CODE_BYTES);
  const scaleBits = wordsOf16Bits(await part(scales, SCALE_BYTES));
  const biasBits = wordsOf16Bits(await part(biases, SCALE_BYTES));
  const blocks = Buffer.alloc(count * BLOCK_BYTES);
  for (let group = 0; group < count; group++) {
    const scale = scaleBits[group] ?? 0;
    const bias = biasBits[group] ?? 0;
    const isZero = ((scale | bias) & (SIGN - 1)) === 0;
    const bits = scales.dtype === "BF16" ? exactHalf(scale) : scale;
    const problem =
      scales.dtype !== biases.dtype || (!isZero && scale !== (bias ^ SIGN))
        ? "has a bias that is not the negative scale, so that its weights are not -s, 0 or +s"
        : bits === undefined
          ? `has the scale ${bf16ToF32(scale)}, which half precision does not hold exactly`
          : undefined;
    if (problem !== undefined) throw new ModelFileError(folder, `tensor ${codes.name}`, problem, ADVICE_UNSUPPORTED);
    blocks.writeUInt16LE(bits ?? 0, group * BLOCK_BYTES);
    blocks.set(codeBytes.subarray(group * CODE_BYTES, (group + 1) * CODE_BYTES), group * BLOCK_BYTES + SCALE_BYTES);
  }
  target.set(blocks.subarray(offset - first * BLOCK_BYTES, offset - first * BLOCK_BYTES + target.length));
}

function wordsOf16Bits(bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer);
  return Array.from({ length: bytes.length / 2 }, (_, i) => view.getUint16(2 * i, true));
}

/** The f16 bits of a bf16 value; undefined where f16 does not have it. */
function exactHalf(bits: number): number | undefined {
  const value = bf16ToF32(bits);
  const half = toF16(value);
  return F16_TO_F32[half] === value ? half : undefined;
}
