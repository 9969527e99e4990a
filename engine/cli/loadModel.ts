/** Shared by several commands: gets from a model's path to a loaded model. */
import { homedir } from "node:os";
import { join } from "node:path";
import { MOST_THREADS, readMachine, threadsFor } from "../machine/machine.ts";
import { resolvePack } from "../models/store.ts";
import { type HeadKind, type LayoutName, type LoadOptions, loadAddon, type NativeModel } from "../native.ts";
import { packageRoot } from "../packageRoot.ts";
import { choice, number } from "./command.ts";

/** Folder of packed models: STERNA_STORAGE, or the user's cache folder. */
export function storageDir(): string {
  const { STERNA_STORAGE, XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  if (STERNA_STORAGE) return STERNA_STORAGE;
  if (XDG_CACHE_HOME) return join(XDG_CACHE_HOME, "sterna");
  if (process.platform === "win32" && LOCALAPPDATA) return join(LOCALAPPDATA, "sterna");
  if (process.platform === "darwin") return join(homedir(), "Library", "Caches", "sterna");
  return join(homedir(), ".cache", "sterna");
}

/** Options of every command that loads a model. */
export const LOAD_OPTIONS = {
  threads: { type: "string" },
  head: { type: "string" },
  kernel: { type: "string" },
  kv: { type: "string" },
} as const;

export function loadOptions(
  values: { [Name in keyof typeof LOAD_OPTIONS]?: string | undefined },
  defaultHead: HeadKind,
): LoadOptions {
  const options: LoadOptions = {
    head: values.head === undefined ? defaultHead : choice("head", values.head, ["int8", "f16"]),
  };
  options.threads =
    values.threads === undefined ? threadsFor(readMachine()) : number("threads", values.threads, 1, MOST_THREADS);
  if (values.kernel !== undefined) options.kernel = values.kernel;
  if (values.kv !== undefined) options.kv = choice("kv", values.kv, ["f16", "int8"]);
  return options;
}

export interface PackChoice {
  /** Defaults to the layout that is fastest with `kernel`, or with the fastest kernel set of this machine. */
  layout?: LayoutName | undefined;
  kernel?: string | undefined;
  /** Import even when a matching pack exists. */
  force?: boolean;
}

/** The pack of a model, imported when necessary; progress goes to stderr when that is a terminal. */
export async function packOf(model: string, { layout, kernel, force = false }: PackChoice = {}): Promise<string> {
  let shown = -1;
  const onProgress = (done: number, total: number) => {
    const percent = Math.floor((100 * done) / total);
    if (percent === shown || !process.stderr.isTTY) return;
    shown = percent;
    process.stderr.write(`\rImporting ${percent} %${percent === 100 ? "\n" : ""}`);
  };
  return resolvePack(model, storageDir(), {
    ...(layout === undefined ? loadAddon(packageRoot()).preferredLayouts(kernel) : { layout }),
    onProgress,
    force,
  });
}

/** Loads a model, passes it to `use`, and closes it in any case. */
export async function withModel<T>(
  path: string,
  options: LoadOptions,
  use: (model: NativeModel) => Promise<T>,
): Promise<T> {
  const addon = loadAddon(packageRoot());
  const model = await addon.loadModel(await packOf(path, { kernel: options.kernel }), options);
  try {
    return await use(model);
  } finally {
    await model.close();
  }
}
