/**
 * The folder of downloaded models. It has one folder per model, which gets its final name only once every file in it
 * has been verified.
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { copyFile, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Name of the file that lists what was verified. A folder without it is not a model. */
export const MANIFEST = "sterna-model.json";
/** Suffix of the folder of a model that is still being downloaded. */
export const PARTIAL_SUFFIX = ".partial";

export interface ManifestFile {
  name: string;
  bytes: number;
  sha256: string;
}

export interface Manifest {
  version: 1;
  id: string;
  /** Where the files came from. */
  source: string;
  files: ManifestFile[];
  /** Whether the files have been replaced by their packed form. */
  packed?: boolean;
}

export interface InstalledModel {
  manifest: Manifest;
  folder: string;
  /** Path of the model file, or of the folder when there are several files. */
  path: string;
  bytes: number;
}

/** Whether a name is safe to use for a folder or a file. */
export function isPlainName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(name) && !name.endsWith(PARTIAL_SUFFIX);
}

/** The model with this id, if it is installed and its files still have the sizes that were verified. */
export async function findInstalled(models: string, id: string): Promise<InstalledModel | undefined> {
  const folder = join(models, id);
  try {
    const manifest = parseManifest(await readFile(join(folder, MANIFEST), "utf8"), id);
    if (manifest === undefined) return undefined;
    let bytes = 0;
    for (const file of manifest.files) {
      if ((await stat(join(folder, file.name))).size !== file.bytes) return undefined;
      bytes += file.bytes;
    }
    const [only] = manifest.files;
    const path = manifest.files.length === 1 && only !== undefined ? join(folder, only.name) : folder;
    return { manifest, folder, path, bytes };
  } catch {
    return undefined;
  }
}

export async function listInstalled(models: string): Promise<InstalledModel[]> {
  const names = await readdir(models).catch(() => []);
  const found = await Promise.all(names.filter(isPlainName).map((name) => findInstalled(models, name)));
  return found.filter((model) => model !== undefined);
}

/** Bytes that an interrupted download has received so far. */
export async function partialBytes(models: string, id: string): Promise<number> {
  const folder = join(models, id + PARTIAL_SUFFIX);
  let bytes = 0;
  for (const name of await readdir(folder).catch(() => [])) {
    bytes += (await stat(join(folder, name)).catch(() => undefined))?.size ?? 0;
  }
  return bytes;
}

/** Removes a model and whatever an interrupted download of it has left. */
export async function removeModel(models: string, id: string): Promise<void> {
  if (!isPlainName(id)) throw new RangeError(`"${id}" is no model's name`);
  await rm(join(models, id), { recursive: true, force: true });
  await rm(join(models, id + PARTIAL_SUFFIX), { recursive: true, force: true });
}

const PACKED_NAME = "model.pack";

/**
 * Replaces a model's files by its pack.
 * @returns the new path of the model
 */
export async function keepOnlyPack(model: InstalledModel, pack: string): Promise<string> {
  const { folder, manifest } = model;
  const target = join(folder, PACKED_NAME);
  await rename(pack, target).catch(() => copyFile(pack, target));
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(target, { highWaterMark: 4 << 20 })) hash.update(chunk as Buffer);
  const file = { name: PACKED_NAME, bytes: (await stat(target)).size, sha256: hash.digest("hex") };
  const changed: Manifest = { ...manifest, files: [file], packed: true };
  const temporary = join(folder, `${MANIFEST}.new`);
  await writeFile(temporary, JSON.stringify(changed, null, 2));
  // From here on the model is the pack, so the other files can be removed.
  await rename(temporary, join(folder, MANIFEST));
  for (const { name } of manifest.files) {
    if (name !== PACKED_NAME) await rm(join(folder, name), { force: true });
  }
  return target;
}

function parseManifest(text: string, id: string): Manifest | undefined {
  const value = JSON.parse(text) as Partial<Manifest> | null;
  const isFile = (file: Partial<ManifestFile>) =>
    typeof file.name === "string" && isPlainName(file.name) && typeof file.bytes === "number";
  const isWhole = value?.version === 1 && value.id === id && Array.isArray(value.files) && value.files.every(isFile);
  return isWhole && value.files?.length ? (value as Manifest) : undefined;
}
