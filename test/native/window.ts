/**
 * A window as a process of its own, for tests that kill it: `window.mjs STORAGE MODEL`. It prints the engine's process
 * id when the model is ready.
 */
import { Harness } from "./harness.ts";

const [storage = "", model = ""] = process.argv.slice(2);
const harness = new Harness(storage, model, { isShared: true });
harness.client.start();
await harness.until("ready");
console.log(harness.client.pid);
