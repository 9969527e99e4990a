/**
 * The setting "sterna.inline.exclude": globs of files that are not read. People write them as they do in "files.exclude"
 * and in .gitignore files, so a glob excludes what any of these would: a folder's name excludes what is in it, a name
 * without a slash is looked for in every folder, and the case of letters does not count.
 */
import { Minimatch } from "minimatch";

/** By glob. They are kept, because every file is asked about, and the settings name few globs. */
const matchers = new Map<string, Minimatch>();

/** The globs that are on. @param patterns globs that are on (true) or off. */
export function globsOf(patterns: Readonly<Record<string, boolean>>): string[] {
  return Object.keys(patterns).filter((glob) => patterns[glob] === true);
}

/**
 * Whether a file is excluded.
 *
 * @param paths the absolute path of the file and its path within the workspace folder, with slashes.
 * @param patterns globs that are on (true) or off.
 */
export function isExcluded(paths: readonly string[], patterns: Readonly<Record<string, boolean>>): boolean {
  return matchesAny(paths, globsOf(patterns));
}

/** @param paths of one file, as for {@link isExcluded}. */
export function matchesAny(paths: readonly string[], globs: readonly string[]): boolean {
  if (globs.length === 0) return false;
  const all = withFolders(paths);
  return globs.some((glob) => {
    const matcher = matcherOf(glob);
    return all.some((path) => matcher.match(path));
  });
}

/** The paths, and those of the folders that the file is in within the workspace. */
function withFolders(paths: readonly string[]): string[] {
  const isOutside = paths.length === 1 && /^(\/|[a-z]:)/i.test(paths[0] ?? "");
  const depth = isOutside ? 1 : Math.min(...paths.map((path) => path.split("/").length));
  return paths.flatMap((path) => {
    const parts = path.split("/");
    return Array.from({ length: Math.max(1, depth) }, (_, above) => parts.slice(0, parts.length - above).join("/"));
  });
}

const OPTIONS = { dot: true, nocomment: true, nonegate: true, nocase: true, matchBase: true } as const;

function matcherOf(glob: string): Minimatch {
  let matcher = matchers.get(glob);
  if (matcher === undefined) {
    // A backslash is a separator on Windows, and in globs hardly anything else.
    const plain = glob
      .trim()
      .replaceAll("\\", "/")
      .replace(/^\.\//, "")
      .replace(/(?<=.)\/+$/, "");
    matcher = new Minimatch(plain.startsWith("/") ? `{${plain},${plain.slice(1)}}` : plain, OPTIONS);
    matchers.set(glob, matcher);
  }
  return matcher;
}
