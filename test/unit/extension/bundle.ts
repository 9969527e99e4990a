import { build } from "esbuild";
import { root } from "../root.ts";

/** A module of the extension as CommonJS, with `vscode` left to whoever loads it. @param file relative to the repository */
export async function bundleOf(file: string): Promise<string> {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [file],
    bundle: true,
    platform: "node",
    format: "cjs",
    external: ["vscode"],
    write: false,
  });
  return outputFiles[0]?.text ?? "";
}
