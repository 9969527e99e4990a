/** `npm run bench:edits -- REPOSITORY`: how long a look for the next edit takes. */
import { whenStarted } from "../../scripts/lib/process.mjs";
import { runProgram } from "../../scripts/lib/program.mjs";

whenStarted(import.meta.url, () => runProgram("bench/edits/main.ts", "bench-edits"));
