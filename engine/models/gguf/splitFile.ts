/**
 * A GGUF model in several files, named `NAME-00001-of-00003.gguf` and so on: the first one has the keys, each has some of
 * the tensors. Here they are one model file again.
 */
import { stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { ModelFile, ModelTensor, ModelValue } from "../modelFile.ts";
import { ADVICE_DAMAGED, ModelFileError, quote } from "../modelFileError.ts";
import { ModelKeys } from "../modelKeys.ts";
import { type GgufFile, openGguf } from "./reader.ts";
import { tensorBytes } from "./types.ts";

/** More than any model has; every part is an open file. */
const MOST_PARTS = 512;
const NAME = /^(.*)-(\d{5})(-of-)(\d{5})(\.gguf)$/i;
const PART_COUNT = "split.count";
const PART_NUMBER = "split.no";
const TENSOR_COUNT = "split.tensors.count";

/**
 * Paths of all parts in order, by the name of any one of them; undefined for a name of another form.
 */
export function partPaths(path: string): string[] | undefined {
  const [, name = "", number = "", between = "", of = "", ending = ""] = NAME.exec(basename(path)) ?? [];
  const count = Number(of);
  if (count < 1 || count > MOST_PARTS || Number(number) < 1 || Number(number) > count) return undefined;
  const numbers = Array.from({ length: count }, (_, i) => String(i + 1).padStart(5, "0"));
  return numbers.map((one) => join(dirname(path), `${name}-${one}${between}${of}${ending}`));
}

/**
 * Opens a GGUF file, or all parts of one by the path of any part.
 * @throws ModelFileError that names the missing part
 */
export async function openWholeGguf(path: string): Promise<ModelFile> {
  const paths = partPaths(path);
  const isSplit = paths !== undefined && paths.length > 1;
  if (isSplit) await requireParts(paths);
  const first = await openGguf(isSplit ? (paths[0] ?? path) : path);
  const parts = [first];
  try {
    const count = new ModelKeys(first).integer(PART_COUNT, 0, 0xffff) ?? 0;
    const expected = isSplit ? paths.length : 1;
    if (Math.max(1, count) !== expected) refuseCount(first.path, count, expected);
    if (!isSplit) return first;
    for (const other of paths.slice(1)) parts.push(await openGguf(other));
    return new SplitGguf(path, parts);
  } catch (error) {
    await Promise.all(parts.map((part) => part.close()));
    throw error;
  }
}

async function requireParts(paths: readonly string[]): Promise<void> {
  for (const [i, path] of paths.entries()) {
    if (await stat(path).catch(() => undefined)) continue;
    const problem = `is missing: it is part ${i + 1} of the ${paths.length} that the model has`;
    throw new ModelFileError(path, "file", problem, "Put all parts into one folder.");
  }
}

function refuseCount(path: string, count: number, named: number): never {
  const problem =
    named === 1
      ? `says that the model has ${count} parts, but the name does not say which one this is`
      : `says that the model has ${count} parts, and the name ${named}`;
  const advice = "Give the parts the names that they were published with, such as NAME-00001-of-00002.gguf.";
  throw new ModelFileError(path, `key ${PART_COUNT}`, problem, advice);
}

class SplitGguf implements ModelFile {
  readonly path: string;
  readonly size: number;
  readonly values: ReadonlyMap<string, ModelValue>;
  readonly tensors: ReadonlyMap<string, ModelTensor>;
  readonly #parts: readonly GgufFile[];
  readonly #partOf = new Map<string, GgufFile>();

  /** @throws ModelFileError where the parts do not belong together */
  constructor(path: string, parts: readonly GgufFile[]) {
    this.path = path;
    this.#parts = parts;
    this.size = parts.reduce((sum, part) => sum + part.size, 0);
    this.values = parts[0]?.values ?? new Map();
    const tensors = new Map<string, ModelTensor>();
    for (const [i, part] of parts.entries()) {
      const number = new ModelKeys(part).integer(PART_NUMBER, 0, 0xffff);
      if (number !== i) {
        const problem = number === undefined ? "is missing" : `is ${number}, but the name says part ${i + 1}`;
        throw new ModelFileError(part.path, `key ${PART_NUMBER}`, problem, ADVICE_DAMAGED);
      }
      for (const tensor of part.tensors.values()) {
        if (tensors.has(tensor.name)) {
          const problem = "is in another part, too";
          throw new ModelFileError(part.path, `tensor ${quote(tensor.name)}`, problem, ADVICE_DAMAGED);
        }
        tensors.set(tensor.name, tensor);
        this.#partOf.set(tensor.name, part);
      }
    }
    settleTogether(parts);
    const total = parts[0] && new ModelKeys(parts[0]).integer(TENSOR_COUNT, 0, 1 << 20);
    if (total !== undefined && total !== tensors.size) {
      const problem = `is ${total}, but the parts have ${tensors.size} tensors`;
      throw new ModelFileError(path, `key ${TENSOR_COUNT}`, problem, ADVICE_DAMAGED);
    }
    this.tensors = tensors;
  }

  async read(tensor: ModelTensor, offset: number, target: Uint8Array): Promise<void> {
    const part = this.#partOf.get(tensor.name);
    if (part === undefined) throw new RangeError(`${tensor.name} is no tensor of ${this.path}`);
    await part.read(tensor, offset, target);
  }

  async close(): Promise<void> {
    await Promise.all(this.#parts.map((part) => part.close()));
  }
}

/** Which layout type 42 has shows in some parts only: all of a model have the same (see reader.ts). */
function settleTogether(parts: readonly GgufFile[]): void {
  const all = parts.flatMap((part) => [...part.tensors.values()]);
  if (!all.some(({ type }) => type === "PQ2_0")) return;
  for (const tensor of all) {
    if (tensor.type !== "Q2_0") continue;
    tensor.type = "PQ2_0";
    tensor.size = tensorBytes("PQ2_0", tensor.rows, tensor.columns);
  }
}
