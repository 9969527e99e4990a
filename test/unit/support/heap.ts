/** What is in this process's heap after a garbage collection. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as (options?: { type: "minor" }) => void;

/** Bytes that are left after a quick collection, which frees only what is new, or after a full one. */
export function heapAfter(collection: "quick" | "full"): number {
  // What survives two quick collections is not new any more.
  for (let time = 0; time < 2; time++) collect(collection === "quick" ? { type: "minor" } : undefined);
  return process.memoryUsage().heapUsed;
}
