import { build } from "esbuild";
import { root } from "../root.ts";

/**
 * Bundles a module of the extension as CommonJS; its loader supplies `vscode`. @param file relative to the repository.
 */
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
