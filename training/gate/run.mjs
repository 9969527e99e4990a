/**
 * Trains the gate: `node training/gate/run.mjs FILES --out engine/completion/gate/weights.ts [--check FILE,FILE]`. The
 * files are written by `sterna replay --git REPOSITORY --candidates FILE`.
 */
import { whenStarted } from "../../scripts/lib/process.mjs";
import { runProgram } from "../../scripts/lib/program.mjs";

whenStarted(import.meta.url, () => runProgram("training/gate/train.ts", "train-gate"));
