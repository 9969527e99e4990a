/** `npm run bench:edits -- REPOSITORY`: measures how long the search for the next edit takes. */
import { whenStarted } from "../../scripts/lib/process.mjs";
import { runProgram } from "../../scripts/lib/program.mjs";

whenStarted(import.meta.url, () => runProgram("bench/edits/main.ts", "bench-edits"));
