/**
 * What the connections of an engine process share: the models with their caches, and the downloads. (In C++, an `Engine`
 * is one loaded model with its inference thread.)
 */
import { ErrorCodes, ResponseError } from "vscode-jsonrpc";
import type { ResolvePack } from "../backend/modelLoader.ts";
import { ModelPool } from "../backend/modelPool.ts";
import { realClock } from "../clock.ts";
import type { NativeAddon } from "../native.ts";
import { builtinModel } from "../packageRoot.ts";
import type { ModelProgress } from "../protocol/models.ts";
import { Battery } from "./battery.ts";

export interface EngineDependencies {
  /** @param root package root, from `initialize`. */
  loadAddon(root: string): NativeAddon;
  resolvePack: ResolvePack;
  log(line: string): void;
  /** Called when a client asks for shutdown. */
  onShutdown(): void;
}

interface Installation {
  root: string;
  storage: string;
  models: ModelPool;
}

export class Engine {
  readonly deps: EngineDependencies;
  readonly battery = new Battery(realClock.now);
  /** Downloads in progress, by identifier. */
  readonly downloading = new Map<string, AbortController>();
  /** Callbacks that receive the progress of downloads. */
  readonly listeners = new Set<(progress: ModelProgress) => void>();
  #installation: Installation | undefined;

  constructor(deps: EngineDependencies) {
    this.deps = deps;
  }

  /**
   * The models of an installation; the first caller determines which installation that is.
   *
   * @throws ResponseError for any other installation.
   */
  models(root: string, storage: string): ModelPool {
    const { loadAddon, resolvePack, log } = this.deps;
    this.#installation ??= {
      root,
      storage,
      models: new ModelPool({
        loadAddon: () => loadAddon(root),
        resolvePack,
        builtinModel: builtinModel(root),
        storage,
        log,
      }),
    };
    if (this.#installation.root !== root || this.#installation.storage !== storage) {
      throw new ResponseError(ErrorCodes.InvalidRequest, "This engine belongs to another installation of Sterna.");
    }
    return this.#installation.models;
  }
}
