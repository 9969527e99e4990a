/** The workspace folders, and addresses of files within them. */
import { relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { isWithin } from "../workspace/isWithin.ts";

/** The path of a file on this machine; undefined for other addresses. */
export function pathOf(uri: string): string | undefined {
  try {
    return uri.startsWith("file:") ? fileURLToPath(uri) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The path of the file that an address shows, whatever its scheme: cells of notebooks, older versions and comparisons
 * have the path of their file, and so has a new file that is not saved yet. Undefined for addresses without a path.
 */
export function shownPathOf(uri: string): string | undefined {
  const own = pathOf(uri);
  if (own !== undefined) return own;
  const [, path] = /^[a-z][a-z\d+.-]*:(?:\/\/[^/?#]*)?(\/[^?#]*)/i.exec(uri) ?? [];
  return path === undefined ? undefined : pathOf(`file://${path}`);
}

export class Folders {
  #paths: string[] = [];

  /** Absolute paths. */
  get paths(): readonly string[] {
    return this.#paths;
  }

  /** @param uris the folders' addresses; those that are not on this machine are left out. */
  set(uris: readonly string[]): void {
    this.#paths = uris.map(pathOf).filter((path) => path !== undefined);
  }

  change(added: readonly string[], removed: readonly string[]): void {
    const gone = new Set(removed.map(pathOf));
    const fresh = added.map(pathOf).filter((path) => path !== undefined);
    this.#paths = [...this.#paths.filter((path) => !gone.has(path)), ...fresh];
  }

  /**
   * The innermost folder that contains a file, and the file's path in it with slashes; undefined outside of all
   * folders.
   */
  find(uri: string): { folder: string; path: string } | undefined {
    const file = shownPathOf(uri);
    if (file === undefined) return undefined;
    let found: { folder: string; path: string } | undefined;
    for (const folder of this.#paths) {
      if (isWithin(folder, file) && (found === undefined || folder.length > found.folder.length)) {
        found = { folder, path: relative(folder, file).split(sep).join("/") };
      }
    }
    return found;
  }

  /** The path relative to its folder; only the name when the file is outside. */
  pathInWorkspace(uri: string): string {
    return this.find(uri)?.path ?? nameOf(uri);
  }
}

/** The path of an address with slashes, whatever its scheme. */
export function slashPathOf(uri: string): string {
  const shown = shownPathOf(uri)?.split(sep).join("/");
  return shown ?? uri.replace(/^[a-z][a-z\d+.-]*:(\/\/[^/]*)?/i, "").replace(/[?#].*$/, "");
}

/** The last part of an address. */
export function nameOf(uri: string): string {
  const path = slashPathOf(uri);
  return path.slice(path.lastIndexOf("/") + 1);
}
