/** Information about processes of this machine, from /proc. */
import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { promisify } from "node:util";

/** The processes that run an engine's file, by its path. */
export function enginesOf(script: string): number[] {
  return readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const isIt = readFileSync(`/proc/${name}/cmdline`, "utf8").split("\0").includes(script);
      return isIt && !isEnding(Number(name)) ? [Number(name)] : [];
    } catch {
      return [];
    }
  });
}

function isEnding(pid: number): boolean {
  return /^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
}

/**
 * @param limit the name that prlimit (util-linux) uses, such as "fsize". @param value a number of bytes, or
 * "unlimited".
 */
export async function limit(pid: number, limit: "fsize" | "as", value: number | "unlimited"): Promise<void> {
  // Sets only the soft limit, which can be raised again.
  await promisify(execFile)("prlimit", ["--pid", String(pid), `--${limit}=${value}:`]);
}

/** The address space in bytes. */
export function addressSpace(pid: number): number {
  return 1024 * Number(/^VmSize:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
}
