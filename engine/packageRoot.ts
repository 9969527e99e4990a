import { existsSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";

/** The package's own model file, which is used when no other is named. */
export function builtinModel(root: string): string {
  return join(root, "models", "sterna-builtin.gguf");
}

/**
 * The package root: the nearest folder above the running script that contains package.json, build/ and models/.
 *
 * The bundles are in dist/ and the scripts in scripts/, both one level below it. Bundled code cannot use
 * `import.meta.url` in both module formats, so the path of the script that Node was started with is used.
 */
export function packageRoot(script: string | undefined = process.argv[1]): string {
  let folder = script === undefined ? process.cwd() : dirname(realpathSync(script));
  while (!existsSync(join(folder, "package.json"))) {
    const parent = dirname(folder);
    if (parent === folder) {
      throw new Error("Sterna's own folder was not found: start it from its installation, or reinstall it.");
    }
    folder = parent;
  }
  return folder;
}
