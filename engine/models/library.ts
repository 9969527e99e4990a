/**
 * The models that are available: lists them, downloads them one at a time, and removes them.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { join } from "node:path";
import { readMachine } from "../machine/machine.ts";
import type { Ceilings } from "../native.ts";
import type { ModelProgress, ModelRow } from "../protocol/models.ts";
import type { DownloadSettings } from "../protocol/settings.ts";
import { CATALOGUE, findEntry } from "./catalogue/catalogue.ts";
import { fitness, gigabytes, type Machine, planDownload, recommendedFor } from "./catalogue/fitness.ts";
import { type DownloadProgress, downloadModel } from "./download/download.ts";
import { Estimate } from "./download/estimate.ts";
import {
  findInstalled,
  type InstalledModel,
  keepOnlyPack,
  listInstalled,
  partialBytes,
  removeModel,
} from "./download/installed.ts";

export interface DownloadsDependencies {
  /** Folder of the downloaded models. */
  models: string;
  settings(): DownloadSettings;
  /** Measures the machine's memory bandwidth, which takes about a second. */
  measure(): Promise<Ceilings>;
  /** Packs a model unless it is packed already; returns the path of the pack. */
  pack(path: string, signal: AbortSignal): Promise<string>;
  onProgress(progress: ModelProgress): void;
  log(line: string): void;
  /** Downloads in progress, by identifier, when several windows share the folder. */
  running?: Map<string, AbortController>;
}

/** The measurement of the machine, kept in a file next to the models. */
interface Measured {
  processor: string;
  readGBs: number;
}

const MACHINE = "machine.json";
/** Shortest time between two progress reports, in milliseconds. */
const TELL_MS = 200;

export class Downloads {
  readonly #deps: DownloadsDependencies;
  readonly #running: Map<string, AbortController>;
  #readGBs: Promise<number> | undefined;

  constructor(deps: DownloadsDependencies) {
    this.#deps = deps;
    this.#running = deps.running ?? new Map();
  }

  async list(): Promise<ModelRow[]> {
    const { models } = this.#deps;
    const machine = await this.#machine();
    const installed = new Map((await listInstalled(models)).map((model) => [model.manifest.id, model]));
    const recommended = recommendedFor(machine);
    const rows = CATALOGUE.map(async (entry): Promise<ModelRow> => {
      const here = installed.get(entry.id);
      const { fits, detail, speed } = fitness(entry, machine);
      const partial = here === undefined ? await partialBytes(models, entry.id) : 0;
      const isRunning = this.#running.has(entry.id);
      return {
        ...rowOf(here),
        id: entry.id,
        name: entry.name,
        state: here !== undefined ? "installed" : isRunning ? "downloading" : partial > 0 ? "partial" : "available",
        bytes: here?.bytes ?? entry.bytes,
        partialBytes: partial,
        goodFor: entry.goodFor,
        needs: detail,
        speed,
        codeScore: entry.codeScore ?? null,
        chats: entry.profile === "chat",
        recommended: entry.id === recommended,
        fits,
        licence: entry.licence,
        source: `${entry.repo}@${entry.revision}`,
        obstacle: entry.obstacle ?? "",
      };
    });
    const others = [...installed.values()].filter((model) => findEntry(model.manifest.id) === undefined);
    return [...(await Promise.all(rows)), ...others.map(foreignRow)];
  }

  /**
   * Downloads a model of the catalogue.
   * @param signal pauses the download; the bytes received so far are kept
   * @returns the path of the model
   * @throws DownloadError, or an Error when the signal ended the download
   */
  async download(id: string, signal: AbortSignal): Promise<string> {
    const entry = findEntry(id);
    if (entry === undefined) throw new Error(`There is no model "${id}" in the catalogue.`);
    if (this.#running.has(id)) throw new Error(`${entry.name} is being downloaded already.`);
    const controller = new AbortController();
    const stop = () => controller.abort(new Error(`The download of ${entry.name} is paused.`));
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
    this.#running.set(id, controller);
    const { mirror, ...net } = this.#deps.settings();
    try {
      const plan = planDownload(entry, mirror);
      const onProgress = this.#teller(id, entry.name);
      const model = await downloadModel(this.#deps.models, plan, {
        signal: controller.signal,
        onProgress,
        outside: { net },
      });
      this.#deps.log(`${entry.name} downloaded and verified: ${model.path}`);
      return model.path;
    } catch (error) {
      this.#deps.log(`${entry.name} was not downloaded: ${error instanceof Error ? error.message : error}`);
      throw error;
    } finally {
      signal.removeEventListener("abort", stop);
      this.#running.delete(id);
    }
  }

  /** Deletes a model, or the part of it that has been downloaded. */
  async remove(id: string): Promise<void> {
    this.#running.get(id)?.abort(new Error("The download was cancelled."));
    while (this.#running.has(id)) await new Promise((resolve) => setTimeout(resolve, 20));
    await removeModel(this.#deps.models, id);
  }

  /** Keeps only the packed form of a model, because the source is needed just once. Returns the new path. */
  async compact(id: string, signal: AbortSignal): Promise<string> {
    const model = await findInstalled(this.#deps.models, id);
    if (model === undefined) throw new Error(`The model "${id}" is not installed.`);
    if (model.manifest.packed) return model.path;
    return await keepOnlyPack(model, await this.#deps.pack(model.path, signal));
  }

  /** Measures the machine again; returns one line to show to the user. */
  async bench(): Promise<string> {
    const { readGBs, macGMACs } = await this.#deps.measure();
    this.#readGBs = Promise.resolve(readGBs);
    await this.#remember(readGBs);
    const machine = await this.#machine();
    const entry = findEntry(recommendedFor(machine));
    const rate = entry === undefined ? "" : `; ${entry.name} ${fitness(entry, machine).detail}`;
    return `Memory is read at ${readGBs.toFixed(1)} GB/s, ${Math.round(macGMACs)} billion 8-bit multiplications a second${rate}.`;
  }

  async #machine(): Promise<Machine> {
    this.#readGBs ??= this.#storedSpeed();
    return { totalMemory: readMachine().totalMemory, readBytesPerSecond: (await this.#readGBs) * 1e9 };
  }

  /** The last measurement on this processor, made now if there is none; 0 when that fails. */
  async #storedSpeed(): Promise<number> {
    try {
      const text = await readFile(join(this.#deps.models, MACHINE), "utf8");
      const { processor, readGBs } = JSON.parse(text) as Measured;
      if (processor === processorName() && readGBs > 0) return readGBs;
    } catch {
      // Not measured yet.
    }
    try {
      const { readGBs } = await this.#deps.measure();
      await this.#remember(readGBs);
      return readGBs;
    } catch (error) {
      this.#deps.log(`The machine could not be measured: ${error instanceof Error ? error.message : error}`);
      return 0;
    }
  }

  async #remember(readGBs: number): Promise<void> {
    const measured: Measured = { processor: processorName(), readGBs };
    // A folder that cannot be written to is reported when something is downloaded into it.
    await mkdir(this.#deps.models, { recursive: true })
      .then(() => writeFile(join(this.#deps.models, MACHINE), JSON.stringify(measured)))
      .catch(() => undefined);
  }

  #teller(id: string, name: string): (progress: DownloadProgress) => void {
    const estimate = new Estimate();
    let last = Number.NEGATIVE_INFINITY;
    let phase = "";
    return (progress) => {
      const now = performance.now();
      const text = estimate.text(progress, now);
      if (progress.phase === phase && now - last < TELL_MS) return;
      last = now;
      phase = progress.phase;
      this.#deps.onProgress({ id, name, text, done: progress.done, total: progress.total });
    };
  }
}

function processorName(): string {
  const processors = cpus();
  return `${processors.length} x ${processors[0]?.model ?? "unknown"}`;
}

function rowOf(model: InstalledModel | undefined): Pick<ModelRow, "path" | "packed"> {
  return { path: model?.path ?? "", packed: model?.manifest.packed ?? false };
}

/** The list entry of a model that was downloaded by its address. */
function foreignRow(model: InstalledModel): ModelRow {
  const { id, source } = model.manifest;
  return {
    ...rowOf(model),
    id,
    name: id,
    state: "installed",
    bytes: model.bytes,
    partialBytes: 0,
    goodFor: "",
    needs: `takes ${gigabytes(model.bytes)} on the disk`,
    speed: "",
    codeScore: null,
    // This is not known before the model is loaded; the user has chosen it.
    chats: true,
    recommended: false,
    fits: true,
    licence: { name: "", url: "" },
    source,
    obstacle: "",
  };
}
