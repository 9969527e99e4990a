import { existsSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";

/** Model file of the package, used where none is named. */
export function builtinModel(root: string): string {
  return join(root, "models", "sterna-builtin.gguf");
}

/**
 * Package root: the nearest folder above the running script that holds package.json, build/ and models/ beside it.
 *
 * The bundles lie in dist/, the scripts in scripts/, both one level below it; bundled code cannot ask
 * `import.meta.url` in both module formats, so the script that Node was started with is asked.
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
