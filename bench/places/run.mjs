/**
 * `npm run bench:places`: judges the suggestions at places where somebody who types public files would pause. `--
 * --help` lists the options.
 */
import { whenStarted } from "../../scripts/lib/process.mjs";
import { runProgram } from "../../scripts/lib/program.mjs";

whenStarted(import.meta.url, () => runProgram("bench/places/main.ts", "bench-places", { usesCommand: true }));
