/**
 * `npm run bench` and `npm run bench:peers`: bundles the command and the benchmark from the sources, then runs it. `--
 * --help` lists the options.
 */
import { whenStarted } from "../scripts/lib/process.mjs";
import { runProgram } from "../scripts/lib/program.mjs";

whenStarted(import.meta.url, () => runProgram("bench/main.ts", "bench", { usesCommand: true }));
