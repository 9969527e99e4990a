/** Finds the packages that a file imports from outside of its project, by the file's text alone. */
import { languageOf } from "../../text/languages.ts";

export type Ecosystem = "node" | "python" | "go" | "cargo";

export interface ImportedPackage {
  ecosystem: Ecosystem;
  /**
   * The name for the package manager. For Go it is the whole import path, and for Python the first part of the module's
   * name.
   */
  name: string;
  /** The part of the package that is imported, with slashes; "" for its entry. */
  subpath: string;
}

/** Imports are at the top, so only this many UTF-16 units are searched. */
const SEARCHED_LENGTH = 32 * 1024;
const MOST = 40;

const SCRIPT =
  /(?:^|[\n;])[^\S\n]*(?:import|export)\s+(?:type\s+)?(?:[^'";]*?\sfrom\s*)?["']([^"'\n]+)["']|\b(?:require|import)\(\s*["']([^"'\n]+)["']/g;
const PYTHON = /^[^\S\n]*(?:from\s+([\w.]+)\s+import\b|import\s+([\w., ]+))/gm;
const GO_BLOCK = /^import\s*(?:\(([\s\S]*?)^\)|([^\n]*"[^"\n]+"))/gm;
const RUST = /^[^\S\n]*(?:pub\s+)?(?:use\s+(?:::)?([a-z_]\w*)(?:::|;|\s+as\b)|extern\s+crate\s+([a-z_]\w*))/gm;
const RUST_OWN = new Set(["std", "core", "alloc", "crate", "self", "super", "test"]);

export function importedPackages(text: string, languageId: string): ImportedPackage[] {
  const head = text.slice(0, SEARCHED_LENGTH);
  const found = byLanguage(head, languageOf(languageId).family);
  const known = new Map(found.map((each) => [JSON.stringify(each), each]));
  return [...known.values()].slice(0, MOST);
}

function byLanguage(text: string, family: string): ImportedPackage[] {
  switch (family) {
    case "javascript":
      return [...text.matchAll(SCRIPT)].flatMap(([, from, called]) => ofNode(from ?? called ?? ""));
    case "python":
      return [...text.matchAll(PYTHON)].flatMap(([, from, list = ""]) => {
        const modules = from === undefined ? list.split(",").map((each) => each.trim().split(/\s/)[0] ?? "") : [from];
        return modules.flatMap(ofPython);
      });
    case "go":
      return [...text.matchAll(GO_BLOCK)].flatMap(([, block, single]) =>
        [...(block ?? single ?? "").matchAll(/"([^"\n]+)"/g)].flatMap(([, path]) => ofGo(path ?? "")),
      );
    case "rust":
      return [...text.matchAll(RUST)].flatMap(([, used, crate]) => {
        const name = used ?? crate ?? "";
        return RUST_OWN.has(name) ? [] : [{ ecosystem: "cargo" as const, name, subpath: "" }];
      });
    default:
      return [];
  }
}

function ofNode(specifier: string): ImportedPackage[] {
  const [, name, subpath = ""] = /^((?:@[\w.~-]+\/)?[a-z\d~-][\w.~-]*)(?:\/([\w./~-]+))?$/i.exec(specifier) ?? [];
  const isClimbing = subpath.split("/").includes("..");
  return name === undefined || isClimbing ? [] : [{ ecosystem: "node", name, subpath }];
}

function ofPython(module: string): ImportedPackage[] {
  const [, name, rest = ""] = /^([A-Za-z_]\w*)(?:\.([\w.]+))?$/.exec(module) ?? [];
  return name === undefined ? [] : [{ ecosystem: "python", name, subpath: rest.replaceAll(".", "/") }];
}

function ofGo(path: string): ImportedPackage[] {
  const isModule = /^[\w-]+(?:\.[\w-]+)+\/[\w./~-]+$/.test(path) && !path.split("/").includes("..");
  return isModule ? [{ ecosystem: "go", name: path, subpath: "" }] : [];
}
