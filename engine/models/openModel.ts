/** Opens a model by its path, in any of the supported formats. */
import { stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { openWholeGguf, partPaths } from "./gguf/splitFile.ts";
import type { ModelFile } from "./modelFile.ts";
import { checkpointFiles, openCheckpoint } from "./safetensors/checkpoint.ts";

/**
 * @param path of a GGUF file or of one of its parts, or of a folder with config.json, a tokenizer and safetensors, or of a file in it
 * @throws ModelFileError
 */
export async function openModel(path: string): Promise<ModelFile> {
  const folder = await checkpointFolder(path);
  return folder === undefined ? await openWholeGguf(path) : await openCheckpoint(folder);
}

/** The files that determine a model, the first one that it is named by. */
export async function modelFiles(path: string): Promise<string[]> {
  const folder = await checkpointFolder(path);
  if (folder !== undefined) return (await checkpointFiles(folder)).map((name) => join(folder, name));
  return partPaths(path) ?? [path];
}

/** The safetensors folder that a path refers to; undefined when it refers to a single file. */
export async function checkpointFolder(path: string): Promise<string | undefined> {
  if (/\.safetensors$/i.test(path) || basename(path) === "config.json") return dirname(path);
  const isFolder = await stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
  return isFolder ? join(path) : undefined;
}
