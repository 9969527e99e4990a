/** Downloads a model. Every file is resumable and verified; the model appears only once all its files are complete. */
import { mkdir, open, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { freeBytes } from "../../machine/freeSpace.ts";
import { DIRECT } from "../../net/request.ts";
import { temporaryName } from "../packWriter.ts";
import { DownloadError } from "./downloadErrors.ts";
import {
  findInstalled,
  type InstalledModel,
  MANIFEST,
  type Manifest,
  type ManifestFile,
  PARTIAL_SUFFIX,
} from "./installed.ts";
import { acquire } from "./lock.ts";
import { diskError, noSpace, type OpenPart, openPart } from "./part.ts";
import { askStatement, type Expectation, expect, type Outside, type Pin } from "./statement.ts";
import { transfer } from "./transfer.ts";
import { verified } from "./verify.ts";

export interface PlannedFile {
  /** Name within the model's folder. */
  name: string;
  url: URL;
  /**
   * Name of the file that is the same for every mirror. The size and checksum of the first download are remembered
   * under this name, and every later download must match them.
   */
  key: string;
  pin?: Pin | undefined;
}

export interface DownloadPlan {
  /** Name of the model's folder. */
  id: string;
  /** Name to show to the user. */
  name: string;
  source: string;
  files: readonly PlannedFile[];
  /** Bytes of disk space that the packed model will need in addition. */
  extraBytes: number;
}

export type DownloadPhase = "asking" | "transferring" | "waiting" | "verifying";

export interface DownloadProgress {
  phase: DownloadPhase;
  /** Bytes received so far, of all files together. */
  done: number;
  /** Bytes of all files together; 0 until that is known. */
  total: number;
  /** Why the download waits, as a sentence; "" when it does not. */
  detail: string;
}

export interface DownloadOptions {
  /** Pauses the download; the bytes received so far are kept. */
  signal: AbortSignal;
  onProgress?: (progress: DownloadProgress) => void;
  outside?: Partial<Outside>;
  /** Replaced in tests of full disks. */
  openFile?: OpenPart;
  /** Free bytes on the disk that holds a folder. */
  freeBytes?: (folder: string) => Promise<number>;
}

const PINS = "pins.json";
const LOCK = "download.lock";
const PART_SUFFIX = ".part";
/** Bytes that a download leaves free on the disk for other programs. */
const RESERVE_BYTES = 256 << 20;
const DEFAULT_IDLE_MS = 30_000;

/**
 * @param models folder of the downloaded models; created when missing
 * @returns the model, also when it was installed already
 * @throws DownloadError, or the signal's reason. Never ModelFileError, because only the importer looks into the files.
 */
export async function downloadModel(
  models: string,
  plan: DownloadPlan,
  options: DownloadOptions,
): Promise<InstalledModel> {
  const there = await findInstalled(models, plan.id);
  if (there !== undefined) return there;
  const lock = await acquire(join(models, LOCK), plan.name);
  try {
    return await new ModelDownload(models, plan, options).run();
  } finally {
    await lock.release();
  }
}

interface ExpectedFile extends PlannedFile {
  expected: Expectation;
}

class ModelDownload {
  readonly #folder: string;
  readonly #outside: Outside;
  readonly #openFile: OpenPart;
  #total = 0;
  /** Bytes of the files that are complete. */
  #before = 0;

  readonly #models: string;
  readonly #plan: DownloadPlan;
  readonly #options: DownloadOptions;

  constructor(models: string, plan: DownloadPlan, options: DownloadOptions) {
    this.#models = models;
    this.#plan = plan;
    this.#options = options;
    this.#folder = join(models, plan.id + PARTIAL_SUFFIX);
    this.#outside = { net: DIRECT, sleep: abortableSleep, idleMs: DEFAULT_IDLE_MS, ...options.outside };
    this.#openFile = options.openFile ?? openPart;
  }

  async run(): Promise<InstalledModel> {
    const plan = this.#plan;
    const models = this.#models;
    const folder = this.#folder;
    const { signal } = this.#options;
    this.#tell("asking", 0);
    const pins = await readPins(models);
    const files: ExpectedFile[] = [];
    for (const file of plan.files) {
      const stated = await askStatement(file.url, this.#outside, signal, (why) => this.#tell("waiting", 0, why));
      files.push({ ...file, expected: expect(file.name, stated, file.pin ?? pins[file.key]) });
    }
    this.#total = files.reduce((sum, file) => sum + file.expected.bytes, 0);
    await mkdir(folder, { recursive: true }).catch((error) => {
      throw diskError(error, folder, this.#total);
    });
    await this.#checkSpace(files);

    const done: ManifestFile[] = [];
    for (const file of files) {
      done.push(await this.#fetch(file));
      this.#before += file.expected.bytes;
    }
    for (const file of files) {
      const sha256 = done.find(({ name }) => name === file.name)?.sha256 ?? "";
      pins[file.key] = { sha256, bytes: file.expected.bytes };
    }
    await writeWhole(join(models, PINS), JSON.stringify(pins, null, 2));
    const manifest: Manifest = { version: 1, id: plan.id, source: plan.source, files: done };
    await writeWhole(join(folder, MANIFEST), JSON.stringify(manifest, null, 2));
    return await this.#moveIntoPlace();
  }

  /** Throws before the first byte when the disk has no room for the remaining bytes and the import. */
  async #checkSpace(files: ExpectedFile[]): Promise<void> {
    let present = 0;
    for (const { name } of files) {
      for (const path of [join(this.#folder, name), join(this.#folder, name + PART_SUFFIX)]) {
        present += await sizeOf(path);
      }
    }
    const needed = Math.max(0, this.#total - present) + this.#plan.extraBytes + RESERVE_BYTES;
    const free = await (this.#options.freeBytes ?? freeBytes)(this.#folder);
    if (free < needed) throw noSpace(this.#folder, needed - free);
  }

  async #fetch(file: ExpectedFile): Promise<ManifestFile> {
    const { bytes, digest } = file.expected;
    const target = join(this.#folder, file.name);
    const part = target + PART_SUFFIX;
    const check = (path: string) =>
      verified(path, digest, this.#options.signal, (done) => this.#tell("verifying", done)).catch((error) => {
        throw diskError(error, path, 0);
      });
    if ((await sizeOf(target)) === bytes && bytes > 0) {
      // The file was verified before the interruption, but is read again because the power may have failed since.
      const sha256 = await check(target);
      if (sha256 !== undefined) return { name: file.name, bytes, sha256 };
      await rm(target, { force: true });
    }
    for (let mayRestart = true; ; mayRestart = false) {
      const resumed = await transfer(file.url, part, bytes, {
        outside: this.#outside,
        openFile: this.#openFile,
        signal: this.#options.signal,
        onBytes: (done) => this.#tell("transferring", done),
        onWait: (ms, why) => this.#tell("waiting", undefined, `${why} Trying again in ${Math.ceil(ms / 1000)} s.`),
      });
      const sha256 = await check(part);
      if (sha256 !== undefined) {
        await rename(part, target).catch((error) => {
          throw diskError(error, target, 0);
        });
        return { name: file.name, bytes, sha256 };
      }
      await rm(part, { force: true });
      // Bytes from an earlier run may have been damaged on the disk; then a fresh download can still succeed.
      if (!(resumed && mayRestart)) {
        throw new DownloadError(
          "not-the-file",
          `${file.name}: the downloaded bytes are not those that ${file.url.host} stated (${digest.algorithm} ` +
            `${digest.hex}). They were thrown away; try again, or try another mirror.`,
        );
      }
    }
  }

  async #moveIntoPlace(): Promise<InstalledModel> {
    const models = this.#models;
    const plan = this.#plan;
    const folder = this.#folder;
    const target = join(models, plan.id);
    try {
      await rm(target, { recursive: true, force: true });
      await rename(folder, target);
    } catch (error) {
      throw diskError(error, target, 0);
    }
    const installed = await findInstalled(models, plan.id);
    if (installed === undefined) throw new DownloadError("storage", `${target} cannot be read: check its permissions.`);
    return installed;
  }

  #lastDone = 0;

  #tell(phase: DownloadPhase, done = this.#lastDone, detail = ""): void {
    this.#lastDone = done;
    this.#options.onProgress?.({ phase, done: this.#before + done, total: this.#total, detail });
  }
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.size ?? 0;
}

async function readPins(models: string): Promise<Record<string, Pin>> {
  try {
    return JSON.parse(await readFile(join(models, PINS), "utf8")) as Record<string, Pin>;
  } catch {
    return {};
  }
}

/** Writes a small file atomically: even after a power failure it holds either the old or the new content. */
async function writeWhole(path: string, text: string): Promise<void> {
  const temporary = temporaryName(path);
  try {
    await writeFile(temporary, text);
    const file = await open(temporary, "r+");
    await file.sync();
    await file.close();
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw diskError(error, path, text.length);
  }
}

/** Resolves after `ms`, or rejects with the signal's reason. */
export function abortableSleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", onAbort);
      resolve();
    }, ms);
    signal.addEventListener("abort", onAbort, { once: true });
  });
}
