/** The folder of packs made from GGUF files: one pack per source file, made when it is missing or outdated. */
import { createHash } from "node:crypto";
import { mkdir, readdir, realpath, rm, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { ModelFileError, StorageError } from "./errors.ts";
import { openModelFile } from "./gguf/reader.ts";
import { type PackOptions, packGguf } from "./packer.ts";
import { PACK_VERSION } from "./packFormat.ts";
import { isPack, readPackInfo } from "./packInfo.ts";
import { isTemporaryName } from "./packWriter.ts";

const PACK_SUFFIX = ".pack";
/** Temporary files older than this belong to a process that died. */
const STALE_MS = 24 * 3600 * 1000;

export interface ResolveOptions extends PackOptions {
  /** Import even when there is a pack that fits: its weights may have been damaged on the disk. Default false. */
  force?: boolean;
}

/**
 * Path of the pack of a model, which is imported first when there is none that fits.
 *
 * A pack belongs to a source's absolute path, size and time of change, and to the pack version. A `modelPath` that is
 * itself a pack is returned as it is. Two processes may import the same model at once: the later one replaces the
 * earlier one's pack by an equal one.
 *
 * @param storageDir folder for packs, created when missing
 * @throws ModelFileError, StorageError, or the abort signal's reason
 */
export async function resolvePack(
  modelPath: string,
  storageDir: string,
  options: ResolveOptions = {},
): Promise<string> {
  if (await isPack(modelPath)) return modelPath;
  const { prefix, name } = await packName(modelPath);
  const target = join(storageDir, name);
  if (!options.force && (await isUsable(target))) return target;
  try {
    await mkdir(storageDir, { recursive: true });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new StorageError(
      `The folder ${storageDir} for packed models cannot be created (${code}). Choose another one.`,
    );
  }
  try {
    await packGguf(modelPath, target, options);
  } catch (error) {
    // Windows lets nobody replace a file that is in use: then another process has just imported the same model.
    if (options.force || !(error instanceof StorageError && (await isUsable(target)))) throw error;
  }
  await cleanUp(storageDir, prefix, name);
  return target;
}

/** `<hash of the path>-<hash of size, time and version>.pack` */
async function packName(modelPath: string): Promise<{ prefix: string; name: string }> {
  // Opening first gives the one clear error for a path that leads nowhere.
  await (await openModelFile(modelPath)).close();
  const path = await realpath(modelPath);
  const { size, mtimeMs } = await stat(path);
  const hash = (text: string) => createHash("sha256").update(text).digest("hex").slice(0, 16);
  const prefix = `${basename(path)
    .replace(/[^A-Za-z0-9._-]/g, "_")
    .slice(0, 60)}-${hash(path)}`;
  return { prefix, name: `${prefix}-${hash(`${size} ${mtimeMs} ${PACK_VERSION}`)}${PACK_SUFFIX}` };
}

/** A pack whose header and table are sound; a damaged or half-deleted one is made again. */
async function isUsable(path: string): Promise<boolean> {
  try {
    await readPackInfo(path);
    return true;
  } catch (error) {
    if (error instanceof ModelFileError) return false;
    throw error;
  }
}

/** Removes the packs of earlier versions of the same source, and what dead processes left. */
async function cleanUp(storageDir: string, prefix: string, keep: string): Promise<void> {
  for (const name of await readdir(storageDir)) {
    const path = join(storageDir, name);
    const outdated = name.startsWith(`${prefix}-`) && name.endsWith(PACK_SUFFIX) && name !== keep;
    if (outdated || (isTemporaryName(name) && (await isStale(path)))) {
      // A pack that another process still maps cannot be removed on Windows; the next import tries again.
      await rm(path, { force: true }).catch(() => undefined);
    }
  }
}

async function isStale(path: string): Promise<boolean> {
  try {
    return Date.now() - (await stat(path)).mtimeMs > STALE_MS;
  } catch {
    return false;
  }
}
