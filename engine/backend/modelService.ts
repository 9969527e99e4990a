/**
 * Keeps the one backend that the settings name: loads a model or connects to a server, and reports the progress. While
 * a new one is being loaded, the old one keeps working.
 */
import { isDeepStrictEqual } from "node:util";
import { type Clock, realClock } from "../clock.ts";
import { DIRECT } from "../net/request.ts";
import type { ServerSettings } from "../protocol/settings.ts";
import type { Load, Status } from "../protocol/status.ts";
import type { Backend, BackendChoice } from "./backend.ts";
import { type LoaderDependencies, ModelLoader, oneLine } from "./modelLoader.ts";
import { type ModelSettings, relevantSettings } from "./modelSettings.ts";
import { Reconnect } from "./reconnect.ts";
import { RemoteBackend } from "./remote/remoteBackend.ts";
import { ServerClient } from "./remote/serverClient.ts";
import { isPassing } from "./remote/serverErrors.ts";
import { isBusy } from "./scheduler.ts";

export interface ModelDependencies extends LoaderDependencies {
  onStatus(status: Status): void;
  clock?: Clock;
}

/** In each state, `backend` is the one that answers requests at this time, if there is one. */
type ServiceState =
  | { kind: "loading"; detail: string; backend: Backend | undefined }
  | { kind: "ready"; backend: Backend }
  | { kind: "failed"; reason: string; backend: Backend | undefined }
  /** The model was unloaded to free memory. The next request loads it again. */
  | { kind: "asleep"; name: string; settings: ModelSettings; backend: undefined }
  | { kind: "closed"; backend: undefined };

export class ModelService {
  readonly #deps: ModelDependencies;
  readonly #loader: ModelLoader;
  readonly #reconnect: Reconnect;
  readonly #clock: Clock;
  #state: ServiceState = { kind: "loading", detail: "The model is still being loaded.", backend: undefined };
  /** The last settings that were asked for. */
  #settings: ModelSettings | undefined;
  /** Ends the loading in progress when the settings change. */
  #loading = new AbortController();
  /** The last load. Models are loaded one after another, because two at once could exceed the memory. */
  #last: Promise<void> = Promise.resolve();
  #lastUse: number;

  constructor(deps: ModelDependencies) {
    this.#deps = deps;
    this.#clock = deps.clock ?? realClock;
    this.#loader = new ModelLoader(deps);
    this.#reconnect = new Reconnect(this.#clock);
    this.#lastUse = this.#clock.now();
  }

  /** The backend, or the reason why there is none. Asking loads an unloaded model again, and tries the server again. */
  readonly current = (): BackendChoice => {
    this.#wake();
    const { backend } = this.#state;
    return backend === undefined ? { kind: "none", reason: reasonOf(this.#state) } : { kind: "ready", backend };
  };

  /** The same, after an unloaded model has been loaded again, or a server that did not answer has been tried again. */
  readonly awaken = async (): Promise<BackendChoice> => {
    await this.#wake();
    return this.current();
  };

  /** Resolves when the last load has ended, whether it succeeded or not. */
  get settled(): Promise<void> {
    return this.#last;
  }

  /** The name of the model that takes memory on this machine. */
  get inMemory(): string | undefined {
    const { backend } = this.#state;
    return backend?.destination === undefined ? backend?.name : undefined;
  }

  /** Whether there is a backend. */
  get isLoaded(): boolean {
    return this.#state.backend !== undefined;
  }

  /** Unloads a local model that has not been used for so long. The next request loads it again. */
  async unloadAfter(milliseconds: number): Promise<void> {
    const { backend, kind } = this.#state;
    const isLocal = backend !== undefined && backend.destination === undefined;
    if (!isLocal || kind !== "ready" || this.#settings === undefined) return;
    if (this.#clock.now() - this.#lastUse < milliseconds) return;
    this.#deps.log(`${backend.name} has not been used for a while and is unloaded`);
    this.#state = { kind: "asleep", name: backend.name, settings: this.#settings, backend: undefined };
    await backend.close();
    this.#report();
  }

  /** The model's status with a window's load; undefined when there is no backend. */
  status(load: Load): Status | undefined {
    const { backend } = this.#state;
    return backend && { state: isBusy(load) ? "working" : "ready", detail: "", model: backend.summary(), load };
  }

  /**
   * Loads the model in the settings unless it is loaded already. Resolves when that has ended, whether it succeeded or
   * not.
   */
  load(settings: ModelSettings): Promise<void> {
    const wanted = relevantSettings(settings);
    if (isDeepStrictEqual(wanted, this.#settings)) return this.#last;
    this.#settings = wanted;
    if (this.#state.kind === "asleep") {
      this.#state = { kind: "loading", detail: reasonOf(this.#state), backend: undefined };
    }
    this.#loading.abort();
    this.#loading = new AbortController();
    const { signal } = this.#loading;
    this.#last = this.#last
      .then(() => this.#load(wanted, signal))
      // Wrong settings of one window must not end the engine, which other windows use as well.
      .catch((error: unknown) => {
        this.#deps.log(`The settings of the model cannot be used: ${oneLine(error)}`);
        this.#enter({ kind: "failed", reason: oneLine(error), backend: this.#state.backend });
      });
    return this.#last;
  }

  async close(): Promise<void> {
    this.#loading.abort();
    this.#settings = undefined;
    const { backend } = this.#state;
    this.#state = { kind: "closed", backend: undefined };
    await backend?.close();
  }

  /** Resolves when the model was loaded again, or the server was asked again. */
  #wake(): Promise<void> {
    this.#lastUse = this.#clock.now();
    if (this.#state.kind === "asleep") {
      const { settings } = this.#state;
      this.#settings = undefined;
      return this.load(settings);
    }
    const isServer = this.#settings?.server !== undefined;
    return isServer && this.#state.kind === "failed" ? this.#reconnect.ask() : Promise.resolve();
  }

  async #load(settings: ModelSettings, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    if (settings.server !== undefined) {
      await this.#connect(settings.server, settings, signal);
      return;
    }
    const name = this.#loader.nameOf(settings);
    const old = this.#state.backend;
    try {
      const backend = await this.#loader.load({
        settings,
        old,
        signal,
        onDetail: (detail) => this.#enter({ kind: "loading", detail, backend: this.#state.backend }),
        releaseOld: async () => {
          this.#state = { kind: "loading", detail: `Loading ${name}`, backend: undefined };
          await old?.close();
        },
      });
      const replaced = this.#state.backend;
      this.#state = { kind: "ready", backend };
      this.#lastUse = this.#clock.now();
      await replaced?.close();
      this.#report();
    } catch (error) {
      if (signal.aborted) return;
      this.#deps.log(`${name} could not be loaded: ${error instanceof Error ? error.stack : error}`);
      this.#enter({ kind: "failed", reason: oneLine(error), backend: this.#state.backend });
    }
  }

  /** Resolves after the first attempt. If the server may become available, further attempts follow. */
  async #connect(server: ServerSettings, settings: ModelSettings, signal: AbortSignal): Promise<void> {
    const old = this.#state.backend;
    this.#enter({ kind: "loading", detail: `Connecting to ${server.address}`, backend: undefined });
    await old?.close();
    await new Promise<void>((resolve) => {
      const attempt = async () => {
        const isOver = await this.#tryServer(server, settings, signal);
        resolve();
        return isOver;
      };
      void this.#reconnect.run(attempt, signal).finally(resolve);
    });
  }

  /** @returns false when the server may answer later */
  async #tryServer(server: ServerSettings, settings: ModelSettings, signal: AbortSignal): Promise<boolean> {
    try {
      const { download = DIRECT } = settings;
      // The proxy for downloads need not be the one for the server.
      const net = { ...download, resolvedProxy: server.resolvedProxy ?? "" };
      const client = new ServerClient({ settings: server, net, clock: this.#clock });
      await client.connect(signal);
      void client.learnFillIn(signal);
      this.#deps.log(`${client.model} at ${client.host}: text is sent there`);
      this.#enter({ kind: "ready", backend: new RemoteBackend(client, this.#clock) });
      return true;
    } catch (error) {
      if (signal.aborted) return true;
      const reason = oneLine(error);
      if (this.#state.kind !== "failed" || this.#state.reason !== reason) {
        this.#deps.log(`The server cannot be used: ${reason}`);
        this.#enter({ kind: "failed", reason, backend: undefined });
      }
      return !isPassing(error);
    }
  }

  #enter(state: ServiceState): void {
    this.#state = state;
    this.#report();
  }

  #report(): void {
    const state = this.#state;
    const model = state.backend?.summary();
    switch (state.kind) {
      case "ready":
        this.#deps.onStatus({ state: "ready", detail: "", ...(model && { model }) });
        break;
      case "loading":
        this.#deps.onStatus({ state: model ? "ready" : "starting", detail: state.detail, ...(model && { model }) });
        break;
      case "failed": {
        const detail = model === undefined ? state.reason : `${state.reason} ${model.name} goes on working.`;
        this.#deps.onStatus({ state: model ? "ready" : "failed", detail, ...(model && { model }) });
        break;
      }
      case "asleep":
        this.#deps.onStatus({ state: "ready", detail: `${state.name} is unloaded until it is needed` });
        break;
      case "closed":
        break;
    }
  }
}

/** Why there is no backend, in one line for people. */
function reasonOf(state: ServiceState): string {
  switch (state.kind) {
    case "failed":
      return state.reason;
    case "loading":
      return state.detail;
    case "asleep":
      return `${state.name} was unloaded to free memory and is loaded again`;
    case "ready":
    case "closed":
      return "The model is still being loaded.";
  }
}
