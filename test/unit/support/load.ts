/** How loaded the machine is, for things that must happen within a time: on a busy machine they take longer. */
import { spawnSync } from "node:child_process";

/** A Node that does nothing starts and ends in 40 to 60 ms on an idle machine. */
const IDLE_START_MS = 100;

/** How many times slower than on an idle machine a process starts now; at least 1. */
export function load(): number {
  const start = performance.now();
  spawnSync(process.execPath, ["-e", "0"], { env: { ...process.env, ELECTRON_RUN_AS_NODE: "1" } });
  return Math.max(1, (performance.now() - start) / IDLE_START_MS);
}
