/**
 * The folder of packs made from model files: one pack per source and layout of the weights, made when it is missing or
 * outdated.
 */
import { createHash } from "node:crypto";
import { mkdir, readdir, realpath, rm, stat, utimes } from "node:fs/promises";
import { basename, join } from "node:path";
import type { LayoutName } from "../native.ts";
import { isAlive } from "../process/isAlive.ts";
import { openModelFile } from "./modelFile.ts";
import { ModelFileError, StorageError } from "./modelFileError.ts";
import { checkpointFolder } from "./openModel.ts";
import { type PackOptions, packModel } from "./packer.ts";
import { PACK_VERSION } from "./packFormat.ts";
import { isPack, readPackInfo } from "./packInfo.ts";
import { isTemporaryName, writerOf } from "./packWriter.ts";
import { checkpointFiles } from "./safetensors/checkpoint.ts";

const PACK_SUFFIX = ".pack";
/**
 * Packs of another layout that nobody has asked for since belong to a processor or a setting that is gone. Two windows
 * that compute differently thus keep a pack each. Temporary files so old belong to nobody.
 */
const STALE_MS = 24 * 3600 * 1000;
/** Whoever is writing a temporary file does it all the time. One whose process is not there, but here, has died. */
const ABANDONED_MS = 30 * 1000;

export interface ResolveOptions extends PackOptions {
  /** Import even when there is a pack that fits: its weights may have been damaged on the disk. Default false. */
  force?: boolean;
}

/**
 * Path of the pack of a model, which is imported first when there is none that fits.
 *
 * A pack belongs to a source's absolute path, the sizes and times of change of its files, to the pack version and to the layout asked for.
 * Its own time of change says when it was last asked for. A `modelPath` that is itself a pack is returned as it is,
 * whatever its layout: every kernel set reads all of them. Two processes may import the same model at once: the later
 * one replaces the earlier one's pack by an equal one.
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
  const pack = await packName(modelPath, options.layout ?? "t2");
  const target = join(storageDir, pack.name);
  if (options.force || !(await isUsable(target))) {
    await importModel(modelPath, target, storageDir, options);
  }
  await cleanUp(storageDir, pack);
  return target;
}

async function importModel(modelPath: string, target: string, storageDir: string, options: ResolveOptions) {
  try {
    await mkdir(storageDir, { recursive: true });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new StorageError(
      `The folder ${storageDir} for packed models cannot be created (${code}). Choose another one.`,
    );
  }
  try {
    await packModel(modelPath, target, options);
  } catch (error) {
    // Windows lets nobody replace a file that is in use: then another process has just imported the same model.
    if (options.force || !(error instanceof StorageError && (await isUsable(target)))) throw error;
  }
}

/** Beginnings of a pack's name, each longer than the one before: of all packs of the source file, of those up to date. */
interface PackName {
  source: string;
  current: string;
  name: string;
}

/** `<file name>-<hash of the path>-<hash of size, time and version>-<layout>.pack` */
async function packName(modelPath: string, layout: LayoutName): Promise<PackName> {
  const folder = await checkpointFolder(modelPath);
  const files = folder === undefined ? [modelPath] : (await checkpointFiles(folder)).map((name) => join(folder, name));
  const states: string[] = [];
  for (const file of files) {
    // Opening gives the one clear error for a path that leads nowhere.
    await (await openModelFile(file)).close();
    const { size, mtimeMs } = await stat(file);
    states.push(`${size} ${mtimeMs}`);
  }
  const path = await realpath(folder ?? modelPath);
  const hash = (text: string) => createHash("sha256").update(text).digest("hex").slice(0, 16);
  const readable = basename(path)
    .replace(/[^A-Za-z0-9._-]/g, "_")
    .slice(0, 60);
  const source = `${readable}-${hash(path)}-`;
  const current = `${source}${hash(`${states.join(" ")} ${PACK_VERSION}`)}`;
  return { source, current, name: `${current}-${layout}${PACK_SUFFIX}` };
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

/** Notes that a pack is in use, and removes those of its source that are not any more, and what dead processes left. */
async function cleanUp(storageDir: string, pack: PackName): Promise<void> {
  const now = new Date();
  // Nothing of this must stop a model from being used, in a folder that is read-only, say.
  await utimes(join(storageDir, pack.name), now, now).catch(() => undefined);
  for (const name of await readdir(storageDir).catch(() => [])) {
    const path = join(storageDir, name);
    const ofSource = name.startsWith(pack.source) && name.endsWith(PACK_SUFFIX) && name !== pack.name;
    const outdated = ofSource && !name.startsWith(`${pack.current}-`);
    const isTemporary = isTemporaryName(name);
    const patience = isTemporary && !isAlive(writerOf(name)) ? ABANDONED_MS : STALE_MS;
    if (outdated || ((ofSource || isTemporary) && (await isStale(path, patience)))) {
      // A process that has the pack open keeps it; on Windows the file then stays, and the next call tries again.
      await rm(path, { force: true }).catch(() => undefined);
    }
  }
}

async function isStale(path: string, patienceMs: number): Promise<boolean> {
  try {
    return Date.now() - (await stat(path)).mtimeMs > patienceMs;
  } catch {
    return false;
  }
}
