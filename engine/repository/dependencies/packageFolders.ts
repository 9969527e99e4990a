/**
 * Finds the packages that a file imports on the disk: in node_modules, in the site-packages of the workspace's Python
 * environment, in Go's module cache, or in Cargo's registry. It never returns a path outside of these folders.
 */
import { basename, dirname, join, relative, sep } from "node:path";
import type { ImportedPackage } from "./importedPackages.ts";

export interface Disk {
  /** The text; undefined when it is not a file of a reasonable size, or cannot be read. */
  read(path: string): Promise<string | undefined>;
  /** The names in a folder; none when it cannot be read. */
  list(folder: string): Promise<string[]>;
  /** The path with all links followed; undefined when it does not exist. */
  real(path: string): Promise<string | undefined>;
}

export interface PackagePlaces {
  home: string;
  env: Readonly<Record<string, string | undefined>>;
}

/** A package on the disk. */
export interface PackageFolder {
  /** The folder of packages that it is in. No file outside of it is read. */
  store: string;
  folder: string;
  /** Absolute paths of the files that may be the package's entry, the likeliest first. Not all of them exist. */
  entries: string[];
  ecosystem: ImportedPackage["ecosystem"];
}

/**
 * The folder of an imported package; undefined when it is not found.
 *
 * @param file absolute path of the file that imports.
 * @param workspace absolute path of the opened folder that it is in.
 */
export async function packageFolder(
  imported: ImportedPackage,
  file: string,
  workspace: string,
  places: PackagePlaces,
  disk: Disk,
): Promise<PackageFolder | undefined> {
  switch (imported.ecosystem) {
    case "node":
      return await nodePackage(imported, file, workspace, disk);
    case "python":
      return await pythonPackage(imported, workspace, disk);
    case "go":
      return await goPackage(imported, file, workspace, places, disk);
    case "cargo":
      return await cargoPackage(imported, file, workspace, places, disk);
  }
}

/**
 * A disk that contains only what is in a folder of packages, wherever links lead. A package may be a link, as with
 * pnpm, and so may the folder, but only to another folder of this kind.
 */
export async function within(store: string, disk: Disk): Promise<Pick<Disk, "read">> {
  const realStore = await disk.real(store);
  const isSame = realStore !== undefined && basename(realStore) === basename(store);
  return {
    read: async (path) => {
      const real = isSame ? await disk.real(path) : undefined;
      return real?.startsWith(join(realStore ?? "", sep)) ? await disk.read(path) : undefined;
    },
  };
}

/** The folders from that of a file up to the workspace folder. */
function foldersUp(file: string, workspace: string): string[] {
  const inside = relative(workspace, dirname(file));
  if (inside === ".." || inside.startsWith(`..${sep}`)) return [];
  const parts = inside === "" ? [] : inside.split(sep);
  return [...parts.map((_, at) => join(workspace, ...parts.slice(0, parts.length - at))), workspace];
}

async function nodePackage({ name, subpath }: ImportedPackage, file: string, workspace: string, disk: Disk) {
  const types = name.startsWith("@") ? `@types/${name.slice(1).replace("/", "__")}` : `@types/${name}`;
  for (const above of foldersUp(file, workspace)) {
    const store = join(above, "node_modules");
    const inside = await within(store, disk);
    for (const each of [types, name]) {
      const folder = join(store, each);
      const manifest = await inside.read(join(folder, "package.json"));
      if (manifest === undefined) continue;
      const entries = nodeEntries(manifest, subpath).map((entry) => join(folder, entry));
      return { store, folder, entries, ecosystem: "node" as const };
    }
  }
  return undefined;
}

/** Paths of the declarations, or else of the source, that the manifest of a package names. */
export function nodeEntries(manifest: string, subpath: string): string[] {
  let parsed: Record<string, unknown>;
  try {
    parsed = JSON.parse(manifest) as Record<string, unknown>;
  } catch {
    return [];
  }
  const { exports, types, typings, module, main } = parsed;
  const exported = (exports as Record<string, unknown> | undefined)?.[subpath === "" ? "." : `./${subpath}`];
  const named = [typesOf(exported), ...(subpath === "" ? [types, typings, typesOf(exports)] : [])];
  const usual = subpath === "" ? ["index.d.ts"] : [`${subpath}.d.ts`, `${subpath}/index.d.ts`, `dist/${subpath}.d.ts`];
  const sources = subpath === "" ? [module, main, "index.js"] : [`${subpath}.js`, `${subpath}/index.js`];
  return [...named, ...usual, ...sources].filter((each): each is string => typeof each === "string" && each !== "");
}

/** The first file of declarations among the conditions of "exports". */
function typesOf(exported: unknown, depth = 0): string | undefined {
  if (typeof exported !== "object" || exported === null || depth > 4) return undefined;
  const { types, ...others } = exported as Record<string, unknown>;
  if (typeof types === "string") return types;
  for (const each of [types, ...Object.values(others)]) {
    const found = typesOf(each, depth + 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Folders of a workspace that tools for Python make environments in; the last one is conda's. */
const ENVIRONMENTS = [".venv", "venv", "env", ".conda"];

async function pythonPackage({ name, subpath }: ImportedPackage, workspace: string, disk: Disk) {
  for (const environment of ENVIRONMENTS) {
    const lib = join(workspace, environment, "lib");
    const versions = (await disk.list(lib)).filter((each) => each.startsWith("python"));
    const stores = [
      ...versions.map((each) => join(lib, each, "site-packages")),
      join(workspace, environment, "Lib/site-packages"),
    ];
    for (const store of stores) {
      const names = await disk.list(store);
      const modules = [`${name}-stubs`, name].filter((each) => names.includes(each));
      const single = [`${name}.pyi`, `${name}.py`].filter((each) => names.includes(each));
      if (modules.length === 0 && single.length === 0) continue;
      const inside =
        subpath === "" ? [] : [`${subpath}.pyi`, `${subpath}.py`, `${subpath}/__init__.pyi`, `${subpath}/__init__.py`];
      const files = [...inside, "__init__.pyi", "__init__.py"];
      const entries = [
        ...modules.flatMap((each) => files.map((file) => join(store, each, file))),
        ...single.map((each) => join(store, each)),
      ];
      return { store, folder: join(store, modules[0] ?? ""), entries, ecosystem: "python" as const };
    }
  }
  return undefined;
}

async function goPackage(
  { name }: ImportedPackage,
  file: string,
  workspace: string,
  { env, home }: PackagePlaces,
  disk: Disk,
) {
  const store = env.GOMODCACHE || join(env.GOPATH || join(home, "go"), "pkg", "mod");
  for (const above of foldersUp(file, workspace)) {
    const manifest = await disk.read(join(above, "go.mod"));
    if (manifest === undefined) continue;
    const modules = [...manifest.matchAll(/^[^\S\n]*(?:require\s+)?([\w-]+\.[\w.-]+\/[\w./~-]+)\s+(v[\w.+-]+)/gm)];
    const fitting = modules
      .filter(([, module = ""]) => name === module || name.startsWith(`${module}/`))
      .sort(([, a = ""], [, b = ""]) => b.length - a.length);
    const [, module = "", version = ""] = fitting[0] ?? [];
    if (module === "") return undefined;
    // An upper-case letter is written as "!" and the lower-case letter.
    const escaped = (path: string) => path.replaceAll(/[A-Z]/g, (letter) => `!${letter.toLowerCase()}`);
    const folder = join(store, `${escaped(module)}@${escaped(version)}`, name.slice(module.length));
    const names = (await disk.list(folder)).filter((each) => each.endsWith(".go") && !each.endsWith("_test.go"));
    return { store, folder, entries: names.map((each) => join(folder, each)), ecosystem: "go" as const };
  }
  return undefined;
}

async function cargoPackage(
  { name }: ImportedPackage,
  file: string,
  workspace: string,
  { env, home }: PackagePlaces,
  disk: Disk,
) {
  const registry = join(env.CARGO_HOME || join(home, ".cargo"), "registry", "src");
  for (const above of foldersUp(file, workspace)) {
    const lock = await disk.read(join(above, "Cargo.lock"));
    if (lock === undefined) continue;
    const packages = [...lock.matchAll(/\[\[package\]\]\s*\nname = "([^"\n]+)"\s*\nversion = "([\w.+-]+)"/g)];
    const found = packages.find(([, each = ""]) => each.replaceAll("-", "_") === name);
    if (found === undefined) return undefined;
    for (const index of await disk.list(registry)) {
      const folder = join(registry, index, `${found[1]}-${found[2]}`);
      if ((await disk.read(join(folder, "Cargo.toml"))) === undefined) continue;
      return { store: registry, folder, entries: [join(folder, "src/lib.rs")], ecosystem: "cargo" as const };
    }
  }
  return undefined;
}
