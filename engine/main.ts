/** The entry point of the engine process. */
import { resolvePack } from "./models/store.ts";
import { loadAddon, type NativeAddon } from "./native.ts";
import { start } from "./process/start.ts";

let isConfined = false;

start({ loadAddon: (root) => confined(loadAddon(root)), resolvePack });

/** Confines the process: after it has begun to listen to windows, and before it reads a model. */
function confined(addon: NativeAddon): NativeAddon {
  if (!isConfined) {
    isConfined = true;
    const problem = addon.confine();
    if (problem !== "" && process.platform === "linux") {
      process.stderr.write(`The engine keeps rights that it does not need: ${problem}.\n`);
    }
  }
  return addon;
}
