/** Parses unified diffs, as `git log -p -U0` prints them. */

/** Lines that replace others, without context lines. Line numbers count from 0. */
export interface Hunk {
  /**
   * The first removed line in the old file. If none is removed, it is the line that the new ones are inserted before.
   */
  oldStart: number;
  oldLines: string[];
  /** The first added line in the new file. If none is added, it is the line that the removed ones were before. */
  newStart: number;
  newLines: string[];
}

/** The diff of a file. Binary files, and files whose mode or name alone changed, have no hunks. */
export interface FileDiff {
  /** The path in the parent; undefined for a new file. */
  oldPath: string | undefined;
  /** The path in the commit; undefined for a deleted file. */
  newPath: string | undefined;
  hunks: Hunk[];
}

const HUNK = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/;

/**
 * The files of a diff. Lines keep a CR at their end.
 *
 * @param text a diff with the prefixes `a/` and `b/` and without context lines.
 */
export function parseDiff(text: string): FileDiff[] {
  const lines = text.split("\n");
  const files: FileDiff[] = [];
  let file: FileDiff | undefined;
  for (let at = 0; at < lines.length; ) {
    const line = lines[at++] ?? "";
    if (line.startsWith("diff --git ")) {
      file = { ...pathsOfHeader(line), hunks: [] };
      files.push(file);
      continue;
    }
    const header = HUNK.exec(line);
    if (file === undefined) continue;
    if (header !== null) {
      const [, oldLine, oldCount = "1", newLine, newCount = "1"] = header;
      const taken = takeHunk(lines, at, Number(oldCount), Number(newCount));
      file.hunks.push({
        oldStart: firstLine(Number(oldLine), Number(oldCount)),
        oldLines: taken.oldLines,
        newStart: firstLine(Number(newLine), Number(newCount)),
        newLines: taken.newLines,
      });
      at = taken.next;
    } else {
      readHeaderLine(file, line);
    }
  }
  return files;
}

/** A diff counts lines from 1, and when a side has no lines it gives the line before. */
function firstLine(line: number, count: number): number {
  return count === 0 ? line : line - 1;
}

/** Reads the lines of a hunk by their counts, because a line of a file may look like a header. */
function takeHunk(lines: readonly string[], from: number, oldCount: number, newCount: number) {
  const oldLines: string[] = [];
  const newLines: string[] = [];
  let next = from;
  while (next < lines.length && (oldLines.length < oldCount || newLines.length < newCount)) {
    const line = lines[next++] ?? "";
    if (line.startsWith("-")) oldLines.push(line.slice(1));
    else if (line.startsWith("+")) newLines.push(line.slice(1));
  }
  return { oldLines, newLines, next };
}

function readHeaderLine(file: FileDiff, line: string): void {
  if (line.startsWith("new file mode")) file.oldPath = undefined;
  else if (line.startsWith("deleted file mode")) file.newPath = undefined;
  else if (line.startsWith("rename from ")) file.oldPath = unquote(line.slice("rename from ".length));
  else if (line.startsWith("rename to ")) file.newPath = unquote(line.slice("rename to ".length));
  else if (line.startsWith("--- ")) file.oldPath = pathOf(line.slice(4), "a/");
  else if (line.startsWith("+++ ")) file.newPath = pathOf(line.slice(4), "b/");
}

/**
 * The paths in the first line of a file's diff, for diffs in which no other line names them. There both are the same,
 * so half of the line is one of them.
 */
function pathsOfHeader(line: string): { oldPath: string | undefined; newPath: string | undefined } {
  const names = line.slice("diff --git ".length);
  const half = names.slice(0, (names.length - 1) / 2);
  const path = pathOf(half, "a/");
  return { oldPath: path, newPath: path };
}

function pathOf(name: string, prefix: string): string | undefined {
  // git writes a tab after a name that contains blanks.
  const path = unquote(name.replace(/\t$/, ""));
  if (path === "/dev/null") return undefined;
  return path.startsWith(prefix) ? path.slice(prefix.length) : path;
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  t: "\t",
  n: "\n",
  v: "\v",
  f: "\f",
  r: "\r",
};

/** A quoted name has its special characters escaped as in C; bytes beyond ASCII are octal UTF-8. */
function unquote(name: string): string {
  if (!/^".*"$/.test(name)) return name;
  const bytes: number[] = [];
  for (const [, octal, escaped, plain] of name.slice(1, -1).matchAll(/\\([0-7]{3})|\\(.)|([^\\]+)/gsu)) {
    if (octal !== undefined) bytes.push(Number.parseInt(octal, 8));
    else bytes.push(...Buffer.from(plain ?? ESCAPES[escaped ?? ""] ?? escaped ?? "", "utf8"));
  }
  return Buffer.from(bytes).toString("utf8");
}
