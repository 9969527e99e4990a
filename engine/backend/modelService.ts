/**
 * Keeps the one loaded model: finds its pack, proves the kernels, loads it, and says how that goes.
 */
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { type Machine, readMachine, threadsFor } from "../machine/machine.ts";
import { checkAnswers } from "../models/answers.ts";
import { readPackInfo } from "../models/packInfo.ts";
import type { LayoutName, LoadOptions, NativeAddon, NativeModel, SelfTestResult } from "../native.ts";
import { DIRECT } from "../net/request.ts";
import type { EngineSettings, ServerSettings } from "../protocol/settings.ts";
import type { Load, Status } from "../protocol/status.ts";
import { calibrate } from "./calibration.ts";
import { type LoadedModel, serverModel, withProfiles } from "./loadedModel.ts";
import { cacheBudget, noRoom } from "./memoryBudget.ts";
import { ServerClient } from "./remote/serverClient.ts";
import { isBusy } from "./scheduler.ts";

/** Imports a model file where that has not been done, and returns the path of its pack. */
export type ResolvePack = (
  modelPath: string,
  storage: string,
  options: {
    layout: LayoutName;
    onProgress: (done: number, total: number) => void;
    signal: AbortSignal;
    force?: boolean;
  },
) => Promise<string>;

export interface ModelDependencies {
  loadAddon(): NativeAddon;
  resolvePack: ResolvePack;
  /** Path of the model file used when the settings name none. */
  builtinModel: string;
  /** Folder for packs. */
  storage: string;
  onStatus(status: Status): void;
  /** For the log. */
  log(line: string): void;
  /** Names of the other models in memory. */
  beside?: () => string[];
  /** Resolves when this is the only service that brings a model into memory; the function ends that. */
  turn?: () => Promise<() => void>;
  /** What this process may use of the machine, and the bytes of a file; replaced in tests. */
  machine?: () => Machine;
  fileBytes?: (path: string) => Promise<number>;
}

/** Left to everybody else while two models are in memory for a moment. */
const RESERVE_BYTES = 1 << 30;

/** @property server where the model is; absent, or with an empty address, on this machine */
export type ModelSettings = Pick<EngineSettings, "model" | "threads" | "cacheMegabytes"> &
  Partial<Pick<EngineSettings, "server" | "download">>;

export class ModelService {
  readonly #deps: ModelDependencies;
  #addon: NativeAddon | undefined;
  #loaded: LoadedModel | undefined;
  #problem = "The model is still being loaded.";
  #settings: ModelSettings | undefined;
  /** Ends the load in progress when the settings change meanwhile. */
  #loading = new AbortController();
  /** Loads run one after another: two models at once could exceed the memory. */
  #last: Promise<void> = Promise.resolve();
  /** What the loaded model was loaded with, while its memory is given back. */
  #asleep: ModelSettings | undefined;
  #used = performance.now();

  constructor(deps: ModelDependencies) {
    this.#deps = deps;
  }

  /** The loaded model, or the line that says why there is none. A model that was unloaded is loaded again. */
  readonly current = (): LoadedModel | string => {
    this.#used = performance.now();
    if (this.#asleep !== undefined) {
      const settings = this.#asleep;
      this.#asleep = undefined;
      this.#settings = undefined;
      void this.load(settings);
    }
    return this.#loaded ?? this.#problem;
  };

  /** Resolves when the last load that was asked for has ended, either way. */
  get settled(): Promise<void> {
    return this.#last;
  }

  /** Name of the model that takes memory here. */
  get inMemory(): string | undefined {
    return this.#loaded?.destination === undefined ? this.#loaded?.name : undefined;
  }

  /** Whether a model is in memory. */
  get isLoaded(): boolean {
    return this.#loaded !== undefined;
  }

  /** Gives the memory back when nobody has asked for the model for so long; the next one who asks loads it again. */
  async unloadAfter(milliseconds: number): Promise<void> {
    const loaded = this.#loaded;
    const isFar = loaded?.destination !== undefined;
    if (
      loaded === undefined ||
      isFar ||
      this.#settings === undefined ||
      performance.now() - this.#used < milliseconds
    ) {
      return;
    }
    this.#loaded = undefined;
    this.#asleep = this.#settings;
    this.#problem = `${loaded.name} was unloaded to free memory and is loaded again`;
    this.#deps.log(`${loaded.name} has rested and is unloaded`);
    await loaded.native.close();
    this.#deps.onStatus({ state: "ready", detail: `${loaded.name} is unloaded until it is needed` });
  }

  /** Status of the model at rest or at work. */
  status(load: Load): Status | undefined {
    const loaded = this.#loaded;
    return loaded && { state: isBusy(load) ? "working" : "ready", detail: "", model: summary(loaded), load };
  }

  /** Loads the model that the settings name, unless it is the loaded one. Resolves when that has ended, either way. */
  load(settings: ModelSettings): Promise<void> {
    if (isDeepStrictEqual(relevant(settings), this.#settings)) {
      return this.#last;
    }
    const wanted = relevant(settings);
    this.#settings = wanted;
    this.#asleep = undefined;
    this.#loading.abort();
    this.#loading = new AbortController();
    const { signal } = this.#loading;
    this.#last = this.#last
      .then(() => this.#load(wanted, signal))
      // Settings of another shape than the protocol's: what one window sends must not end the engine of the others.
      .catch((error: unknown) => {
        this.#deps.log(`The settings of the model cannot be used: ${oneLine(error)}`);
        this.#problem = oneLine(error);
        this.#deps.onStatus({ state: "failed", detail: this.#problem });
      });
    return this.#last;
  }

  async close(): Promise<void> {
    this.#loading.abort();
    this.#settings = undefined;
    this.#asleep = undefined;
    const loaded = this.#loaded;
    this.#loaded = undefined;
    await loaded?.native.close();
  }

  async #load(settings: ModelSettings, signal: AbortSignal): Promise<void> {
    if (signal.aborted) {
      return;
    }
    if (settings.server !== undefined && settings.server.address !== "") {
      await this.#connect(settings.server, settings, signal);
      return;
    }
    const file = settings.model === "" ? this.#deps.builtinModel : settings.model;
    const name = settings.model === "" ? "built-in model" : basename(file);
    const old = this.#loaded;
    /** The old model goes on working meanwhile, and the new one's way is only a remark. */
    const starting = (detail: string) => {
      if (this.#loaded !== undefined) {
        this.#deps.onStatus({ state: "ready", detail, model: summary(this.#loaded) });
        return;
      }
      this.#problem = detail;
      this.#deps.onStatus({ state: "starting", detail });
    };
    let native: NativeModel | undefined;
    let endTurn = () => {};
    try {
      starting(`Loading ${name}`);
      const addon = this.#proven();
      let shownPercent = -1;
      const onProgress = (done: number, total: number) => {
        const percent = Math.floor((100 * done) / total);
        if (percent > shownPercent) {
          shownPercent = percent;
          starting(`Importing ${name}: ${percent} %`);
        }
      };
      const layout = addon.preferredLayout();
      const resolve = (force: boolean) =>
        this.#deps.resolvePack(file, this.#deps.storage, { layout, signal, onProgress, ...(force ? { force } : {}) });
      let pack = await resolve(false);
      endTurn = (await this.#deps.turn?.()) ?? endTurn;
      signal.throwIfAborted();
      await this.#requireRoom(name, pack, settings, old);
      if (old !== undefined && !(await this.#fitsBeside(pack))) {
        this.#loaded = undefined;
        this.#deps.log(`There is no memory for two models: ${old.name} goes before ${name} comes`);
        await old.native.close();
        starting(`Loading ${name}`);
      }
      const options = await this.#options(pack, settings);
      native = await addon.loadModel(pack, options).catch(async (error: unknown) => {
        // A pack that was damaged on the disk is made again from its source; when that is no cure, the error stands.
        if (pack === file || signal.aborted) {
          throw error;
        }
        this.#deps.log(`${pack} cannot be used and is made again: ${oneLine(error)}`);
        pack = await resolve(true);
        return addon.loadModel(pack, options);
      });
      signal.throwIfAborted();
      await checkAnswers(native);
      const speed = await calibrate(native);
      signal.throwIfAborted();
      const replaced = this.#loaded;
      this.#loaded = withProfiles(name, native, speed, await chatTemplateOf(pack));
      this.#problem = "";
      this.#used = performance.now();
      await replaced?.native.close();
      this.#deps.log(
        `${name}: kernel ${native.kernel}, ${native.threads} threads, ${Math.round(speed.tokensPerSecond)} tokens of prompt a second, pack ${pack}`,
      );
      this.#deps.onStatus({ state: "ready", detail: "", model: summary(this.#loaded) });
    } catch (error) {
      await native?.close();
      if (signal.aborted) {
        return;
      }
      this.#deps.log(`${name} could not be loaded: ${error instanceof Error ? error.stack : error}`);
      if (this.#loaded !== undefined) {
        const detail = `${oneLine(error)} ${this.#loaded.name} goes on working.`;
        this.#deps.onStatus({ state: "ready", detail, model: summary(this.#loaded) });
        return;
      }
      this.#problem = oneLine(error);
      this.#deps.onStatus({ state: "failed", detail: this.#problem });
    } finally {
      endTurn();
    }
  }

  /** Takes a server for the model. */
  async #connect(server: ServerSettings, settings: ModelSettings, signal: AbortSignal): Promise<void> {
    const old = this.#loaded;
    this.#loaded = undefined;
    await old?.native.close();
    this.#problem = `Connecting to ${server.address}`;
    this.#deps.onStatus({ state: "starting", detail: this.#problem });
    try {
      const client = new ServerClient({ settings: server, net: settings.download ?? DIRECT });
      await client.connect(signal);
      void client.learnFillIn(signal);
      this.#loaded = serverModel(client);
      this.#problem = "";
      this.#deps.log(`${client.model} at ${client.host}: text is sent there`);
      this.#deps.onStatus({ state: "ready", detail: "", model: summary(this.#loaded) });
    } catch (error) {
      if (signal.aborted) {
        return;
      }
      this.#problem = oneLine(error);
      this.#deps.log(`The server cannot be used: ${this.#problem}`);
      this.#deps.onStatus({ state: "failed", detail: this.#problem });
    }
  }

  /** @throws Error when there is no room beside the other models, even after the old one has gone. */
  async #requireRoom(name: string, pack: string, settings: ModelSettings, old: LoadedModel | undefined): Promise<void> {
    const beside = this.#deps.beside?.() ?? [];
    if (beside.length === 0) return;
    const info = await readPackInfo(pack).catch(() => undefined);
    const cache =
      info === undefined ? 0 : cacheBudget(info.config, settings.cacheMegabytes, this.#machine().totalMemory);
    const free = this.#machine().freeMemory + (old?.native.memory.weightBytes ?? 0);
    const problem = noRoom({ name, beside, weights: await this.#fileBytes(pack), cache, free });
    if (problem !== undefined) throw new Error(problem);
  }

  /** Whether a pack can be loaded while the old model is still in memory. */
  async #fitsBeside(pack: string): Promise<boolean> {
    return this.#machine().freeMemory > (await this.#fileBytes(pack)) + RESERVE_BYTES;
  }

  #machine(): Machine {
    return (this.#deps.machine ?? readMachine)();
  }

  /** The native engine looks at the whole machine; a container may allow less of it. */
  async #options(pack: string, settings: ModelSettings): Promise<LoadOptions> {
    const machine = this.#machine();
    const threads = threadsFor(machine, settings.threads);
    if (settings.cacheMegabytes > 0) return { threads, cacheMegabytes: settings.cacheMegabytes };
    const info = await readPackInfo(pack).catch(() => undefined);
    if (info === undefined) return { threads };
    const bytes = cacheBudget(info.config, 0, machine.totalMemory);
    return { threads, cacheMegabytes: Math.ceil(bytes / 2 ** 20) };
  }

  /** 0 where nobody knows: what is wrong with the file will show when it is read. */
  #fileBytes(path: string): Promise<number> {
    const { fileBytes = async () => (await stat(path)).size } = this.#deps;
    return fileBytes(path).catch(() => 0);
  }

  /** The addon, once its kernels have given the known answers. */
  #proven(): NativeAddon {
    if (this.#addon === undefined) {
      const addon = this.#deps.loadAddon();
      const results = addon.selfTest();
      for (const failure of results.filter((result) => !result.ok)) {
        this.#deps.log(`Self-test of kernel ${failure.kernel} failed, it is not used: ${failure.detail}`);
      }
      if (!results.some((result) => result.ok)) {
        throw new Error(selfTestMessage(results));
      }
      this.#addon = addon;
    }
    return this.#addon;
  }
}

function selfTestMessage(results: SelfTestResult[]): string {
  const first = results[0];
  return `The native engine computes wrongly on this processor (kernel ${first?.kernel}: ${first?.detail}). Reinstall Sterna.`;
}

/** The part of the settings that a model depends on. */
export function relevant({ model, threads, cacheMegabytes, server, download }: ModelSettings): ModelSettings {
  const local = { model, threads, cacheMegabytes };
  return server === undefined || server.address === "" ? local : { ...local, server, ...(download && { download }) };
}

function summary({ name, native, chat, speed, destination }: LoadedModel): NonNullable<Status["model"]> {
  return {
    ...(destination === undefined ? {} : { destination }),
    name,
    kernel: native.kernel,
    threads: native.threads,
    chat: chat.answers,
    contextLength: native.config.contextLength,
    prefillTokensPerSecond: Math.round(speed.tokensPerSecond),
    promptTokens: Math.min(speed.promptTokens, native.config.contextLength),
  };
}

function oneLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split("\n")[0] ?? "";
}

/** "" where the pack does not tell: it has been read already, so nothing else can be wrong with it. */
async function chatTemplateOf(pack: string): Promise<string> {
  const info = await readPackInfo(pack).catch(() => undefined);
  return info?.metadata.chatTemplate ?? "";
}
