import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { root } from "../root.ts";

export interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

/** Bundles the `sterna` command from the sources. */
export async function bundleSterna(): Promise<void> {
  await promisify(execFile)(process.execPath, [join(root, "esbuild.mjs"), "cli"], { cwd: root });
}

/** Runs the bundled command with packs kept in `storage`. */
export function sterna(storage: string, ...args: string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    const env = { ...process.env, STERNA_STORAGE: storage };
    const options = { env, maxBuffer: 64 << 20 };
    execFile(process.execPath, [join(root, "dist", "sterna.mjs"), ...args], options, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : typeof error.code === "number" ? error.code : -1, stdout, stderr });
    });
  });
}
