/** Loads a model: finds its pack, tests the kernels, makes room in memory, and checks that the model answers. */
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { type Machine, readMachine, threadsFor } from "../machine/machine.ts";
import { checkAnswers } from "../models/answers.ts";
import { readPackInfo } from "../models/packInfo.ts";
import type { LoadOptions, NativeAddon, NativeModel, SelfTestResult } from "../native.ts";
import type { Backend } from "./backend.ts";
import { calibrate } from "./calibration.ts";
import { LocalBackend } from "./localBackend.ts";
import { cacheBudget, contextBudget, noRoom, readableContext } from "./memoryBudget.ts";
import type { ModelSettings } from "./modelSettings.ts";

/** Imports a model file if necessary, and returns the path of its pack. */
export type ResolvePack = (
  modelPath: string,
  storage: string,
  options: ReturnType<NativeAddon["preferredLayouts"]> & {
    onProgress: (done: number, total: number) => void;
    signal: AbortSignal;
    force?: boolean;
  },
) => Promise<string>;

export interface LoaderDependencies {
  loadAddon(): NativeAddon;
  resolvePack: ResolvePack;
  /** Path of the model file that is used when the settings name none. */
  builtinModel: string;
  /** Folder for packs. */
  storage: string;
  /** Writes a line to the log. */
  log(line: string): void;
  /** Names of the other models in memory. */
  beside?: () => string[];
  /** Resolves when no other model is being loaded, with a function that lets the next loader have its turn. */
  turn?: () => Promise<() => void>;
  /** What this process may use of the machine. Tests replace it. */
  machine?: () => Machine;
  /** The size of a file in bytes. Tests replace it. */
  fileBytes?: (path: string) => Promise<number>;
}

export interface LoadRequest {
  settings: ModelSettings;
  /** The model that answers meanwhile. */
  old: Backend | undefined;
  signal: AbortSignal;
  /** Called with the progress, in one line for people. */
  onDetail(detail: string): void;
  /** Called when there is no memory for two models, so that the old one must be released at once. */
  releaseOld(): Promise<void>;
}

/** Bytes that are left to other programs while the old and the new model are both in memory for a moment. */
const RESERVE_BYTES = 1 << 30;

export class ModelLoader {
  readonly #deps: LoaderDependencies;
  #addon: NativeAddon | undefined;

  constructor(deps: LoaderDependencies) {
    this.#deps = deps;
  }

  /** The name, for people, of the model in the settings. */
  nameOf({ model }: ModelSettings): string {
    return model === "" ? "built-in model" : basename(model);
  }

  /** @throws Error with one line that says what is wrong; the signal's reason */
  async load(request: LoadRequest): Promise<LocalBackend> {
    const { settings, signal, onDetail } = request;
    const name = this.nameOf(settings);
    onDetail(`Loading ${name}`);
    const addon = this.#testedAddon();
    const resolve = this.#resolver(request, name, addon);
    const pack = await resolve(false);
    const endTurn = (await this.#deps.turn?.()) ?? (() => {});
    let native: NativeModel | undefined;
    try {
      signal.throwIfAborted();
      await this.#makeRoom(request, name, pack);
      native = await this.#read(addon, pack, settings, resolve, signal);
      signal.throwIfAborted();
      await checkAnswers(native);
      const speed = await calibrate(native);
      signal.throwIfAborted();
      const family = await familyOf(pack);
      const { kernel, threads } = native;
      const rate = Math.round(speed.tokensPerSecond);
      this.#deps.log(`${name}: kernel ${kernel}, ${threads} threads, ${rate} tokens of prompt a second, pack ${pack}`);
      const isChosen = (settings.contextTokens ?? 0) > 0;
      const { contextLength } = native.config;
      const contextTokens = isChosen ? contextLength : readableContext(contextLength, speed.tokensPerSecond);
      return new LocalBackend({ name, native, speed, contextTokens, ...family });
    } catch (error) {
      await native?.close();
      throw error;
    } finally {
      endTurn();
    }
  }

  /** Returns a function that makes the model's pack, if it is missing or `force` is set, and returns the pack's path. */
  #resolver({ settings, signal, onDetail }: LoadRequest, name: string, addon: NativeAddon) {
    const file = settings.model === "" ? this.#deps.builtinModel : settings.model;
    let shownPercent = -1;
    const onProgress = (done: number, total: number) => {
      const percent = Math.floor((100 * done) / total);
      if (percent > shownPercent) {
        shownPercent = percent;
        onDetail(`Importing ${name}: ${percent} %`);
      }
    };
    const layouts = addon.preferredLayouts();
    return (force: boolean) =>
      this.#deps.resolvePack(file, this.#deps.storage, { ...layouts, signal, onProgress, ...(force ? { force } : {}) });
  }

  /** Loads a pack. If it was damaged on the disk, it is made again from its source, once. */
  async #read(
    addon: NativeAddon,
    pack: string,
    settings: ModelSettings,
    resolve: (force: boolean) => Promise<string>,
    signal: AbortSignal,
  ): Promise<NativeModel> {
    const options = await this.#options(pack, settings);
    try {
      return await addon.loadModel(pack, options);
    } catch (error) {
      if (pack === settings.model || pack === this.#deps.builtinModel || signal.aborted) throw error;
      this.#deps.log(`${pack} cannot be used and is made again: ${oneLine(error)}`);
      return await addon.loadModel(await resolve(true), options);
    }
  }

  /**
   * Releases the old model first when there is not enough memory for two.
   * @throws Error when there is no room beside the other models even then
   */
  async #makeRoom({ settings, old, onDetail, releaseOld }: LoadRequest, name: string, pack: string): Promise<void> {
    const beside = this.#deps.beside?.() ?? [];
    const weights = await this.#fileBytes(pack);
    if (beside.length > 0) {
      const info = await readPackInfo(pack).catch(() => undefined);
      const { totalMemory, freeMemory } = this.#machine();
      const cache = info === undefined ? 0 : cacheBudget(info.config, settings, totalMemory);
      const problem = noRoom({ name, beside, weights, cache, free: freeMemory + (old?.weightBytes ?? 0) });
      if (problem !== undefined) throw new Error(problem);
    }
    if (old === undefined || this.#machine().freeMemory > weights + RESERVE_BYTES) return;
    this.#deps.log(`There is no memory for two models: ${old.name} goes before ${name} comes`);
    await releaseOld();
    onDetail(`Loading ${name}`);
  }

  /** The native engine considers the whole machine, but a container may allow less of it. */
  async #options(pack: string, settings: ModelSettings): Promise<LoadOptions> {
    const machine = this.#machine();
    const threads = threadsFor(machine, settings.threads);
    const kept = settings.cachePrecision === "int8" ? { kv: "int8" as const } : {};
    const info = await readPackInfo(pack).catch(() => undefined);
    if (info === undefined) {
      const { cacheMegabytes } = settings;
      return { threads, ...kept, ...(cacheMegabytes > 0 && { cacheMegabytes }) };
    }
    const contextLength = contextBudget(info.config, settings, machine.totalMemory);
    const bytes = cacheBudget(info.config, settings, machine.totalMemory);
    return { threads, ...kept, contextLength, cacheMegabytes: Math.ceil(bytes / 2 ** 20) };
  }

  #machine(): Machine {
    return (this.#deps.machine ?? readMachine)();
  }

  /** The size of a file. It is 0 when it is unknown; if something is wrong with the file, reading it reports that. */
  #fileBytes(path: string): Promise<number> {
    const { fileBytes = async () => (await stat(path)).size } = this.#deps;
    return fileBytes(path).catch(() => 0);
  }

  /** The addon, once its kernels have been tested. @throws Error when none of them gives the known answers. */
  #testedAddon(): NativeAddon {
    if (this.#addon !== undefined) return this.#addon;
    const addon = this.#deps.loadAddon();
    const results = addon.selfTest();
    for (const failure of results.filter((result) => !result.ok)) {
      this.#deps.log(`Self-test of kernel ${failure.kernel} failed, it is not used: ${failure.detail}`);
    }
    if (!results.some((result) => result.ok)) throw new Error(selfTestMessage(results));
    this.#addon = addon;
    return addon;
  }
}

function selfTestMessage(results: SelfTestResult[]): string {
  const first = results[0];
  return `The native engine computes wrongly on this processor (kernel ${first?.kernel}: ${first?.detail}). Reinstall Sterna.`;
}

/** Files of these architectures were published with the template of another family, so it is not used. */
const WRONG_TEMPLATES: readonly string[] = ["bitnet-b1.58", "bitnet-25"];

/**
 * The architecture and the chat template of a pack; "" for what the pack does not name. The pack has been loaded
 * already, so an error in reading it is not expected, and counts as if it named neither.
 */
async function familyOf(pack: string): Promise<{ architecture: string; chatTemplate: string }> {
  const info = await readPackInfo(pack).catch(() => undefined);
  const { sourceArchitecture: architecture = "", chatTemplate = "" } = info?.metadata ?? {};
  return { architecture, chatTemplate: WRONG_TEMPLATES.includes(architecture) ? "" : chatTemplate };
}

/** The first line of an error, for people. */
export function oneLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split("\n")[0] ?? "";
}
