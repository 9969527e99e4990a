/** Synthetic models for measurements, kept beside the packed models. */
import { mkdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { defaultPeak, parseShape, type SynthOptions, type SynthShape, synthesise } from "../../models/synth.ts";
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
 * Path of the GGUF file of a shape, with TQ2_0 weights and the seed 0; written when there is none.
 * @param architecture "bitnet" is the one that llama.cpp knows, too
 */
export async function syntheticModel(
  shape: string,
  architecture: NonNullable<SynthOptions["architecture"]> = "bitnet-b1.58",
): Promise<string> {
  const options: SynthOptions = { shape: shapeOf(shape), type: "TQ2_0", seed: 0, architecture };
  const peak = defaultPeak(options.shape);
  const path = join(storageDir(), `synthetic-${shape}-${architecture}-tq2_0${peak > 0 ? `-peak${peak}` : ""}.gguf`);
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
