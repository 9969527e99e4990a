/** Entry of the engine process. */
import { resolvePack } from "./models/store.ts";
import { loadAddon, type NativeAddon } from "./native.ts";
import { start } from "./process/start.ts";

let isConfined = false;

start({ loadAddon: (root) => confined(loadAddon(root)), resolvePack });

/** Before a model is read, and after the process has begun to listen to the windows. */
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
