/** Splits a Git diff into files. Plain data in and out. */

export interface FileDiff {
  /** Path relative to the repository, with slashes: the new one, or the old one of a deleted file. */
  path: string;
  /** The old path of a renamed file; otherwise the same. */
  oldPath: string;
  text: string;
}

/** Splits the output of `git diff`; text before the first file is dropped. */
export function splitDiff(diff: string): FileDiff[] {
  return diff
    .split(/^(?=diff --git )/m)
    .filter((part) => part.startsWith("diff --git "))
    .map((text) => ({ text, ...pathsOf(text) }));
}

/** The innermost of the repositories that hold a file, by the paths of their folders; undefined where none does. */
export function innermost<T extends { path: string }>(repositories: readonly T[], file: string): T | undefined {
  return repositories
    .filter(({ path }) => `${file}/`.startsWith(path.endsWith("/") ? path : `${path}/`))
    .sort((one, other) => other.path.length - one.path.length)[0];
}

function pathsOf(text: string): { path: string; oldPath: string } {
  // Only lines before the first hunk count, because a line of content may begin in the same way.
  const [head = ""] = text.split(/^@@ /m);
  const line = (pattern: RegExp) => unquoted(pattern.exec(head)?.[1]);
  const named = /^diff --git "?a\/(.+?)"? "?b\/(.+?)"?$/m.exec(head);
  const oldPath = line(/^(?:rename|copy) from (.+)$/m) ?? line(/^--- "?a\/(.+?)"?\t?$/m) ?? unquoted(named?.[1]) ?? "";
  const path =
    line(/^(?:rename|copy) to (.+)$/m) ?? line(/^\+\+\+ "?b\/(.+?)"?\t?$/m) ?? unquoted(named?.[2]) ?? oldPath;
  return { path, oldPath: oldPath === "" ? path : oldPath };
}

/** Git writes bytes that are not ASCII as octal numbers, in quotes. */
function unquoted(path: string | undefined): string | undefined {
  if (path === undefined || !path.includes("\\")) {
    return path;
  }
  const bytes: number[] = [];
  for (const [whole, octal, escaped] of path.replace(/^"|"$/g, "").matchAll(/\\([0-7]{3})|\\(.)|[^\\]/gs)) {
    if (octal !== undefined) bytes.push(Number.parseInt(octal, 8));
    else bytes.push(...new TextEncoder().encode(escaped ?? whole));
  }
  return new TextDecoder().decode(new Uint8Array(bytes));
}
