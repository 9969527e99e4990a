/** A separate process that loads a model and generates, to measure the time to its first token and its memory. */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import type { LoadOptions } from "../../native.ts";
import { withModel } from "../loadModel.ts";
import { generate, tokensOf } from "./runs.ts";

/** Number of tokens of the shortest prompt, and number of tokens that are generated. */
const SHORT = 8;

export interface ProbeOutcome {
  loadMs: number;
  /** Peak memory in 10^6 bytes. */
  peakMemoryMB: number;
}

/** The child's side: prints one line at its first token, and one with the result at its end. */
export async function runProbe(path: string, options: LoadOptions, context: number): Promise<void> {
  const start = performance.now();
  await withModel(path, options, async (model) => {
    const loadMs = performance.now() - start;
    const length = Math.min(Math.max(SHORT, context), model.config.contextLength - SHORT);
    const tokens = tokensOf(length, model.config.vocabSize, 1);
    await generate(model, tokens, 1);
    process.stdout.write("first token\n");
    await generate(model, tokens, SHORT);
    const outcome: ProbeOutcome = { loadMs, peakMemoryMB: peakMemoryBytes() / 1e6 };
    process.stdout.write(`${JSON.stringify(outcome)}\n`);
  });
}

/** Peak memory; on Linux VmHWM, which unlike the resource usage does not count the process before exec. */
function peakMemoryBytes(): number {
  if (process.platform === "linux") {
    const kilobytes = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
    if (kilobytes !== undefined) return 1024 * Number(kilobytes);
  }
  return 1024 * process.resourceUsage().maxRSS;
}

/**
 * The parent's side: starts this same command as a probe.
 * @param context tokens of the prompt; 0 for a short one
 */
export function startProbe(
  path: string,
  options: { threads: number; kernel: string },
  context: number,
): Promise<ProbeOutcome & { firstTokenMs: number }> {
  const args = ["bench", path, "--probe", String(context), "--threads", String(options.threads)];
  const script = process.argv[1] ?? "";
  return new Promise((resolve, reject) => {
    const start = performance.now();
    const child = spawn(process.execPath, [script, ...args, "--kernel", options.kernel], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let firstTokenMs = 0;
    let output = "";
    child.stdout.on("data", (data: Buffer) => {
      if (firstTokenMs === 0) firstTokenMs = performance.now() - start;
      output += data.toString();
    });
    child.on("error", reject);
    child.on("close", (code) => {
      const line = output.trimEnd().split("\n").at(-1) ?? "";
      if (code !== 0) reject(new Error(`the process that measures memory and start ended with ${code}`));
      else resolve({ ...(JSON.parse(line) as ProbeOutcome), firstTokenMs });
    });
  });
}
