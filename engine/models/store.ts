/**
 * The folder of packs made from model files. There is one pack per source and the weight layouts that were asked for,
 * which is made when it is missing or outdated.
 */
import { createHash } from "node:crypto";
import { mkdir, readdir, realpath, rm, stat, utimes } from "node:fs/promises";
import { basename, join } from "node:path";
import { isAlive } from "../process/isAlive.ts";
import { openModelFile } from "./modelFile.ts";
import { ModelFileError, StorageError } from "./modelFileError.ts";
import { checkpointFolder, modelFiles } from "./openModel.ts";
import { type PackOptions, packModel } from "./packer.ts";
import { PACK_VERSION } from "./packFormat.ts";
import { isPack, readPackInfo } from "./packInfo.ts";
import { isTemporaryName, writerOf } from "./packWriter.ts";

const PACK_SUFFIX = ".pack";
/**
 * Age in milliseconds after which an unused pack of another layout is removed, because its processor or setting is
 * gone; two windows with different layouts keep a pack each until then. Temporary files of this age are removed too.
 */
const STALE_MS = 24 * 3600 * 1000;
/** Age in milliseconds without a write after which a temporary file is removed, if its process no longer runs. */
const ABANDONED_MS = 30 * 1000;

export interface ResolveOptions extends PackOptions {
  /** Import even when a matching pack exists, because its weights may be damaged on the disk. Default false. */
  force?: boolean;
}

/**
 * Path of the pack of a model. The model is imported first when there is no matching pack.
 *
 * A pack belongs to the absolute path of a source, the sizes and modification times of its files, the pack version and
 * the requested layouts. The pack's own modification time says when it was last requested. A `modelPath` that is itself
 * a pack is returned unchanged whatever its layout, because every kernel set reads all layouts. Two processes may import the
 * same model at once: the second one replaces the pack of the first one by an equal one.
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
  const { layout = "t2", binaryLayout = layout } = options;
  const pack = await packName(modelPath, layout === binaryLayout ? layout : `${layout}.${binaryLayout}`);
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
    // Windows does not allow a file in use to be replaced; then another process has just imported the same model.
    if (options.force || !(error instanceof StorageError && (await isUsable(target)))) throw error;
  }
}

/** Prefixes of pack names, each longer than the one before: of all packs of the source, and of its up-to-date packs. */
interface PackName {
  source: string;
  current: string;
  name: string;
}

/** `<file name>-<hash of the path>-<hash of size, time and version>-<layouts>.pack` */
async function packName(modelPath: string, layouts: string): Promise<PackName> {
  const folder = await checkpointFolder(modelPath);
  const files = await modelFiles(modelPath);
  const states: string[] = [];
  for (const file of files) {
    // Opening the model throws the one clear error for a path that does not exist.
    await (await openModelFile(file)).close();
    const { size, mtimeMs } = await stat(file);
    states.push(`${size} ${mtimeMs}`);
  }
  // Any part stands for the whole model.
  const path = await realpath(folder ?? files[0] ?? modelPath);
  const hash = (text: string) => createHash("sha256").update(text).digest("hex").slice(0, 16);
  const readable = basename(path)
    .replace(/[^A-Za-z0-9._-]/g, "_")
    .slice(0, 60);
  const source = `${readable}-${hash(path)}-`;
  const current = `${source}${hash(`${states.join(" ")} ${PACK_VERSION}`)}`;
  return { source, current, name: `${current}-${layouts}${PACK_SUFFIX}` };
}

/** Whether the header and table of a pack are sound; a damaged or half-deleted pack is made again. */
async function isUsable(path: string): Promise<boolean> {
  try {
    await readPackInfo(path);
    return true;
  } catch (error) {
    if (error instanceof ModelFileError) return false;
    throw error;
  }
}

/**
 * Marks a pack as used, and removes unused packs of the same source and temporary files of processes that have died.
 */
async function cleanUp(storageDir: string, pack: PackName): Promise<void> {
  const now = new Date();
  // A failure here must not keep the model from being used, for instance when the folder is read-only.
  await utimes(join(storageDir, pack.name), now, now).catch(() => undefined);
  for (const name of await readdir(storageDir).catch(() => [])) {
    const path = join(storageDir, name);
    const ofSource = name.startsWith(pack.source) && name.endsWith(PACK_SUFFIX) && name !== pack.name;
    const outdated = ofSource && !name.startsWith(`${pack.current}-`);
    const isTemporary = isTemporaryName(name);
    const patience = isTemporary && !isAlive(writerOf(name)) ? ABANDONED_MS : STALE_MS;
    if (outdated || ((ofSource || isTemporary) && (await isStale(path, patience)))) {
      // A process that has the pack open can keep using it. On Windows the file then stays until a later call.
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
