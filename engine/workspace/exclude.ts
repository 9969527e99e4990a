/** The setting "sterna.inline.exclude": globs of files that are not read, with VS Code's meaning. */
import { minimatch } from "minimatch";

/**
 * Whether a file is excluded.
 *
 * @param paths the absolute path of the file and its path within the workspace folder, with slashes.
 * @param patterns globs that are on (true) or off.
 */
export function isExcluded(paths: readonly string[], patterns: Readonly<Record<string, boolean>>): boolean {
  const globs = Object.keys(patterns).filter((glob) => patterns[glob] === true);
  return globs.some((glob) =>
    paths.some((path) => minimatch(path, glob, { dot: true, nocomment: true, nonegate: true })),
  );
}
