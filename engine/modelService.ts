/**
 * Keeps the one loaded model: finds its pack, proves the kernels, loads it, and says how that goes.
 */
import { basename } from "node:path";
import { type LoadedModel, withProfiles } from "./model.ts";
import type { LayoutName, LoadOptions, NativeAddon, SelfTestResult } from "./native.ts";
import type { EngineSettings, Load, Status } from "./protocol.ts";
import { isBusy } from "./scheduler.ts";
import { calibrate } from "./speed.ts";

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
}

type ModelSettings = Pick<EngineSettings, "model" | "threads" | "cacheMegabytes">;

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

  constructor(deps: ModelDependencies) {
    this.#deps = deps;
  }

  /** The loaded model, or the line that says why there is none. */
  readonly current = (): LoadedModel | string => this.#loaded ?? this.#problem;

  /** Status of the model at rest or at work. */
  status(load: Load): Status | undefined {
    const loaded = this.#loaded;
    return loaded && { state: isBusy(load) ? "working" : "ready", detail: "", model: summary(loaded), load };
  }

  /** Loads the model that the settings name, unless it is the loaded one. Resolves when that has ended, either way. */
  load(settings: ModelSettings): Promise<void> {
    const { model, threads, cacheMegabytes } = settings;
    const old = this.#settings;
    if (old?.model === model && old.threads === threads && old.cacheMegabytes === cacheMegabytes) {
      return this.#last;
    }
    this.#settings = { model, threads, cacheMegabytes };
    this.#loading.abort();
    this.#loading = new AbortController();
    const { signal } = this.#loading;
    this.#last = this.#last.then(() => this.#load({ model, threads, cacheMegabytes }, signal));
    return this.#last;
  }

  async close(): Promise<void> {
    this.#loading.abort();
    const loaded = this.#loaded;
    this.#loaded = undefined;
    await loaded?.native.close();
  }

  async #load(settings: ModelSettings, signal: AbortSignal): Promise<void> {
    if (signal.aborted) {
      return;
    }
    const file = settings.model === "" ? this.#deps.builtinModel : settings.model;
    const name = settings.model === "" ? "built-in model" : basename(file);
    const starting = (detail: string) => {
      this.#problem = detail;
      this.#deps.onStatus({ state: "starting", detail });
    };
    try {
      const old = this.#loaded;
      this.#loaded = undefined;
      await old?.native.close();
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
      const options: LoadOptions = {
        ...(settings.threads > 0 ? { threads: settings.threads } : {}),
        ...(settings.cacheMegabytes > 0 ? { cacheMegabytes: settings.cacheMegabytes } : {}),
      };
      const layout = addon.preferredLayout();
      let pack = await this.#deps.resolvePack(file, this.#deps.storage, { layout, signal, onProgress });
      const native = await addon.loadModel(pack, options).catch(async (error: unknown) => {
        // A pack that was damaged on the disk is made again from its source; when that is no cure, the error stands.
        if (pack === file || signal.aborted) {
          throw error;
        }
        this.#deps.log(`${pack} cannot be used and is made again: ${oneLine(error)}`);
        pack = await this.#deps.resolvePack(file, this.#deps.storage, { layout, signal, onProgress, force: true });
        return addon.loadModel(pack, options);
      });
      if (signal.aborted) {
        await native.close();
        return;
      }
      const speed = await calibrate(native);
      if (signal.aborted) {
        await native.close();
        return;
      }
      this.#loaded = withProfiles(name, native, speed);
      this.#problem = "";
      this.#deps.log(
        `${name}: kernel ${native.kernel}, ${native.threads} threads, ${Math.round(speed.tokensPerSecond)} tokens of prompt a second, pack ${pack}`,
      );
      this.#deps.onStatus({ state: "ready", detail: "", model: summary(this.#loaded) });
    } catch (error) {
      if (signal.aborted) {
        return;
      }
      this.#problem = oneLine(error);
      this.#deps.log(`${name} could not be loaded: ${error instanceof Error ? error.stack : error}`);
      this.#deps.onStatus({ state: "failed", detail: this.#problem });
    }
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

function summary({ name, native, chat, speed }: LoadedModel): NonNullable<Status["model"]> {
  return {
    name,
    kernel: native.kernel,
    threads: native.threads,
    chat: chat.answers,
    prefillTokensPerSecond: Math.round(speed.tokensPerSecond),
    promptTokens: Math.min(speed.promptTokens, native.config.contextLength),
  };
}

function oneLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split("\n")[0] ?? "";
}
