/** Synthetic models for measurements, kept beside the packed models. */
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
import { storageDir } from "../session.ts";

/** @throws UsageError */
export function shapeOf(text: string): SynthShape {
  try {
    return parseShape(text);
  } catch (error) {
    throw new UsageError(`--shape ${error instanceof Error ? error.message : String(error)}`);
  }
}

/**
 * Path of the GGUF file of a shape, with the weights of its defaults (TQ2_0 or PQ2_0) and the seed 0; written when there is
 * none.
 * @param architecture default the shape's; "bitnet" is the one that llama.cpp knows, too
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
