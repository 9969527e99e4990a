/** Entry of the engine process. */
import { resolvePack } from "./models/store.ts";
import { loadAddon } from "./native.ts";
import { start } from "./start.ts";

start({ loadAddon, resolvePack });
