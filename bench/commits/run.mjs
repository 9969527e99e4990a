/** `npm run bench:commits`: replays commits of public repositories. `-- --help` lists the options. */
import { whenStarted } from "../../scripts/lib/process.mjs";
import { runProgram } from "../../scripts/lib/program.mjs";

whenStarted(import.meta.url, () => runProgram("bench/commits/main.ts", "bench-commits", { usesCommand: true }));
