/** Synthetic models for measurements, kept next to the packed models. */
import { mkdir, stat } from "node:fs/promises";
import { join } from "node:path";
import {
  defaultPeak,
  parseShape,
  type SynthOptions,
  type SynthShape,
  shapeDefaults,
  synthesise,
} from "../../models/synth.ts";
import { UsageError } from "../command.ts";
import { storageDir } from "../loadModel.ts";

/** @throws UsageError */
export function shapeOf(text: string): SynthShape {
  try {
    return parseShape(text);
  } catch (error) {
    throw new UsageError(`--shape ${error instanceof Error ? error.message : String(error)}`);
  }
}

/**
 * Path of the GGUF file of a shape, with the seed 0. The file is written when it does not exist.
 * @param other in place of the shape's own architecture and weight type; llama.cpp supports "bitnet" of the first, and
 *   of the types with a scale per group Q2_0 and Q1_0
 */
export async function syntheticModel(
  shape: string,
  other: Partial<Pick<SynthOptions, "architecture" | "type">> = {},
): Promise<string> {
  const options: SynthOptions = { ...shapeDefaults(shape), shape: shapeOf(shape), seed: 0, ...other };
  const peak = defaultPeak(options.shape);
  const path = join(
    storageDir(),
    `synthetic-${shape}-${options.architecture}-${options.type.toLowerCase()}${peak > 0 ? `-peak${peak}` : ""}.gguf`,
  );
  if (await isFile(path)) return path;
  await mkdir(storageDir(), { recursive: true });
  if (process.stderr.isTTY) process.stderr.write(`Writing ${path}\n`);
  await synthesise(path, options);
  return path;
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
