/** The setting "sterna.inline.exclude": globs of files that are not read, as VS Code understands them. */
import { minimatch } from "minimatch";

/**
 * @param paths of one file, with slashes: the absolute one, and that within its workspace folder.
 * @param patterns globs that are on (true) or off.
 */
export function isExcluded(paths: readonly string[], patterns: Readonly<Record<string, boolean>>): boolean {
  const globs = Object.keys(patterns).filter((glob) => patterns[glob] === true);
  return globs.some((glob) =>
    paths.some((path) => minimatch(path, glob, { dot: true, nocomment: true, nonegate: true })),
  );
}
