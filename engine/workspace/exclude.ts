/** The setting "sterna.inline.exclude": globs of files that are not read, with VS Code's meaning. */
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

export function matchesAny(paths: readonly string[], globs: readonly string[]): boolean {
  return globs.some((glob) => {
    const matcher = matcherOf(glob);
    return paths.some((path) => matcher.match(path));
  });
}

function matcherOf(glob: string): Minimatch {
  let matcher = matchers.get(glob);
  if (matcher === undefined) {
    matcher = new Minimatch(glob, { dot: true, nocomment: true, nonegate: true });
    matchers.set(glob, matcher);
  }
  return matcher;
}
