/** A model of random weights with every odd size, for the tests of what must hold for any model. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { resolvePack } from "../../engine/models/store.ts";
import { parseShape, synthesise } from "../../engine/models/synth.ts";
import {
  type GenerateRequest,
  GREEDY,
  type LoadOptions,
  loadAddon,
  type NativeModel,
  Priority,
} from "../../engine/native.ts";
import { root } from "../unit/root.ts";

export const addon = loadAddon(root);

/** Deterministic token ids, all of them in the vocabulary. */
export function promptOf(length: number, seed = 1): Uint32Array {
  let state = seed;
  return Uint32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return 10 + (state % 200);
  });
}

export function request(tokens: Uint32Array, changes: Partial<GenerateRequest> = {}): GenerateRequest {
  return {
    tokens,
    maxTokens: 8,
    sampling: GREEDY,
    stop: [],
    stopTokens: new Uint32Array(),
    priority: Priority.inline,
    ...changes,
  };
}

export interface SmallModel {
  readonly folder: string;
  /** Path of the packed model. */
  readonly pack: string;
  /** The model, loaded with one thread. Its cache is empty at the beginning of every test. */
  readonly model: NativeModel;
  /** Loads the model once more. */
  load(options?: LoadOptions): Promise<NativeModel>;
}

/** Loads the model for the tests of a `describe`, inside which it must be called. */
export function withSmallModel(): SmallModel {
  const files = { folder: "", pack: "" };
  const load = (options: LoadOptions = {}) => addon.loadModel(files.pack, { threads: 1, ...options });
  let model: NativeModel | undefined;

  before(async () => {
    files.folder = await mkdtemp(join(tmpdir(), "sterna-model-"));
    const gguf = join(files.folder, "small.gguf");
    await synthesise(gguf, { shape: parseShape("256x3x4x2x384"), type: "I2_S", seed: 7 });
    files.pack = await resolvePack(gguf, files.folder, addon.preferredLayouts());
    model = await load();
  });

  after(async () => {
    await model?.close();
    await rm(files.folder, { recursive: true, force: true });
  });

  beforeEach(() => model?.clearCache());

  return {
    get folder() {
      return files.folder;
    },
    get pack() {
      return files.pack;
    },
    get model() {
      if (model === undefined) throw new Error("The model is loaded before the first test.");
      return model;
    },
    load,
  };
}
