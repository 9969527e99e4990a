/**
 * `npm run bench:places`: what is shown where somebody who types public files pauses. `-- --help` says what can be asked for.
 */
import { whenStarted } from "../../scripts/lib/process.mjs";
import { runProgram } from "../../scripts/lib/program.mjs";

whenStarted(import.meta.url, () => runProgram("bench/places/main.ts", "bench-places", { usesCommand: true }));
