/** Measures this engine against the machine: runs `sterna bench --shape` in one process per number of threads. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import type { Report } from "../engine/cli/bench/report.ts";
import { packageRoot } from "../engine/packageRoot.ts";
import type { Options } from "./options.ts";

export async function measureOwn(options: Options): Promise<Report[]> {
  const reports: Report[] = [];
  for (const threads of options.threads) reports.push(await sternaBench(threads, options));
  return reports;
}

function sternaBench(threads: number, { shape, quick }: Options): Promise<Report> {
  const script = join(packageRoot(), "dist", "sterna.mjs");
  const args = ["bench", "--shape", shape, "--threads", String(threads), "--json", ...(quick ? ["--quick"] : [])];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, ...args], { stdio: ["ignore", "pipe", "inherit"] });
    let output = "";
    child.stdout.on("data", (data: Buffer) => {
      output += data.toString();
    });
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve(JSON.parse(output) as Report);
      else reject(new Error(`sterna ${args.join(" ")} ended with ${code}`));
    });
  });
}
