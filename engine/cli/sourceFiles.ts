/** Reads source files for the commands. */
import { readFile } from "node:fs/promises";
import { basename, isAbsolute, relative, resolve, sep } from "node:path";

/** @throws Error with one line that names the file */
export async function readText(file: string): Promise<string> {
  try {
    return (await readFile(file, "utf8")).replace(/^\uFEFF/, "");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new Error(`${file} cannot be read (${code})`);
  }
}

/** The path as the editor would give it: relative to the workspace, which is the working folder here. */
export function shownPath(file: string): string {
  const path = relative(process.cwd(), resolve(file));
  return path.startsWith("..") || isAbsolute(path) ? basename(file) : path.split(sep).join("/");
}
