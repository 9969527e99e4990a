/**
 * Reads the files of a package that declare what it offers: its entry, and the files of the package from which the
 * entry takes names.
 */
import { dirname, join } from "node:path";
import { type Disk, type PackageFolder, within } from "./packageFolders.ts";

export interface PackageFile {
  path: string;
  text: string;
}

/** The most files of a package that are read; below, the most UTF-16 units of their text. */
const MOST_FILES = 24;
const MOST_LENGTH = 400_000;

export async function packageFiles({ store, entries, ecosystem }: PackageFolder, disk: Disk): Promise<PackageFile[]> {
  const inside = await within(store, disk);
  const files: PackageFile[] = [];
  const waiting = [...entries];
  const seen = new Set<string>();
  let left = MOST_LENGTH;
  let isFirst = ecosystem !== "go";
  while (waiting.length > 0 && files.length < MOST_FILES) {
    const path = waiting.shift() ?? "";
    if (seen.has(path)) continue;
    seen.add(path);
    const text = await inside.read(path);
    if (text === undefined || text.length > left) continue;
    left -= text.length;
    files.push({ path, text });
    const next = nextFiles(path, text, ecosystem);
    // Entries are guesses of which the first one that exists is right. Only a package of Go has several.
    if (isFirst) waiting.length = 0;
    isFirst = false;
    waiting.push(...next);
  }
  return files;
}

/** Files of the same package from which a file takes names, under all names that they may have. */
export function nextFiles(path: string, text: string, ecosystem: PackageFolder["ecosystem"]): string[] {
  const beside = (name: string) => join(dirname(path), name);
  switch (ecosystem) {
    case "node": {
      const isTyped = /\.d\.[cm]?ts$/.test(path);
      const named = [
        ...text.matchAll(/(?:\bfrom\s*|\bimport\s*\(?\s*|\brequire\(\s*|reference path=)["'](\.[^"'\n]+)["']/g),
      ];
      return named.flatMap(([, name = ""]) => scriptFiles(name, isTyped).map(beside));
    }
    case "python": {
      const named = [...text.matchAll(/^[^\S\n]*from\s+\.([\w.]*)\s+import\s+(\([^)]*\)|[^\n]*)/gm)];
      return named.flatMap(([, module = "", list = ""]) => {
        const names = module === "" ? (list.match(/\w+/g) ?? []) : [module.replaceAll(".", "/")];
        return names.flatMap((name) => [`${name}.pyi`, `${name}.py`, `${name}/__init__.py`].map(beside));
      });
    }
    case "cargo":
      return [...text.matchAll(/^[^\S\n]*(?:pub(?:\([^)]*\))?\s+)?mod\s+(\w+)\s*;/gm)].flatMap(([, name = ""]) => {
        const folder = /(?:^|[/\\])(?:lib|mod)\.rs$/.test(path) ? dirname(path) : path.replace(/\.rs$/, "");
        return [join(folder, `${name}.rs`), join(folder, name, "mod.rs")];
      });
    case "go":
      return [];
  }
}

function scriptFiles(name: string, isTyped: boolean): string[] {
  const base = name.replace(/\.[cm]?[jt]s$/, "").replace(/\.d$/, "");
  const endings = isTyped ? [".d.ts", ".d.mts", ".d.cts", "/index.d.ts"] : [".js", ".mjs", ".cjs", "/index.js"];
  return endings.map((ending) => base + ending);
}
