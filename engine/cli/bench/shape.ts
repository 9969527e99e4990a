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
 * Path of the GGUF file of a shape, with its default weight type (TQ2_0 or PQ2_0) and the seed 0. The file is written
 * when it does not exist.
 * @param architecture defaults to that of the shape; "bitnet" is the one that llama.cpp also supports
 */
export async function syntheticModel(
  shape: string,
  architecture?: NonNullable<SynthOptions["architecture"]>,
): Promise<string> {
  const defaults = shapeDefaults(shape);
  const options: SynthOptions = {
    ...defaults,
    shape: shapeOf(shape),
    seed: 0,
    ...(architecture === undefined ? {} : { architecture }),
  };
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
