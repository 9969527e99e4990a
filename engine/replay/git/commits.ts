/** Reads the commits of a repository with the `git` program, to replay what people really wrote. */
import { execFile } from "node:child_process";
import { type FileDiff, parseDiff } from "./unifiedDiff.ts";

export interface Commit {
  hash: string;
  /** The hash of the only parent. */
  parent: string;
  /** Seconds since 1970. */
  time: number;
  /** The first line of the message. */
  subject: string;
  files: FileDiff[];
}

/**
 * Runs git in a repository and returns what it prints.
 * @throws Error with one line of git's own message
 */
export type Git = (args: readonly string[]) => Promise<string>;

/** The largest output of one call in bytes. Some commits add whole libraries. */
const MOST_BYTES = 1 << 30;
/** A repository's own configuration may name programs to run; these options prevent that. */
const SAFE = [
  "--no-pager",
  "-c",
  "core.fsmonitor=false",
  "-c",
  "core.hooksPath=/dev/null",
  "-c",
  "core.quotePath=false",
];
const DIFF = ["-p", "-U0", "-M", "--no-color", "--no-ext-diff", "--no-textconv", "--src-prefix=a/", "--dst-prefix=b/"];
/** NUL, which no message contains, separates the commits, and in each of them the diff from what comes before it. */
const FORMAT = "%x00%H%n%P%n%ct%n%s%x00";

/** @param repository a folder with a work tree, or a bare repository. */
export function gitIn(repository: string): Git {
  return (args) =>
    new Promise((resolve, reject) => {
      const all = ["-C", repository, ...SAFE, ...args];
      execFile("git", all, { maxBuffer: MOST_BYTES, encoding: "utf8" }, (error, stdout, stderr) => {
        if (error === null) {
          resolve(stdout);
          return;
        }
        const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
        const said = stderr.trim().split("\n")[0] || error.message.split("\n")[0];
        reject(new Error(missing ? "git is not installed, or not on the PATH" : `git in ${repository}: ${said}`));
      });
    });
}

export interface HistoryOptions {
  /** The number of commits, the latest ones. */
  most: number;
  /** Where to begin: a branch, a tag or a hash. Default HEAD. */
  from?: string;
  /** Only files that match one of these patterns, and commits that change such files; for example "*.ts". */
  paths?: readonly string[];
}

/** The latest commits with exactly one parent, oldest first, so that each comes before those that build on it. */
export async function readCommits(git: Git, { most, from = "HEAD", paths = [] }: HistoryOptions): Promise<Commit[]> {
  const range = [`--max-count=${most}`, "--min-parents=1", "--max-parents=1", "--topo-order"];
  const log = await git(["log", ...range, ...DIFF, `--format=${FORMAT}`, "--end-of-options", from, "--", ...paths]);
  return parseLog(log).reverse();
}

/** Parses what `git log` prints in {@link FORMAT}, in its own order. */
export function parseLog(log: string): Commit[] {
  const [, ...parts] = log.split("\0");
  const commits: Commit[] = [];
  for (let at = 0; at + 1 < parts.length; at += 2) {
    const [hash = "", parent = "", time = "", subject = ""] = (parts[at] ?? "").split("\n");
    commits.push({ hash, parent, time: Number(time), subject, files: parseDiff(parts[at + 1] ?? "") });
  }
  return commits;
}

/** The text of a file in a commit; undefined when the commit has no such file. */
export async function fileAt(git: Git, commit: string, path: string): Promise<string | undefined> {
  try {
    return await git(["cat-file", "blob", `${commit}:${path}`]);
  } catch {
    return undefined;
  }
}

/** The paths of all files in a commit, with forward slashes. */
export async function pathsAt(git: Git, commit: string): Promise<string[]> {
  const names = await git(["ls-tree", "-r", "-z", "--name-only", "--full-tree", commit]);
  return names.split("\0").filter((name) => name !== "");
}
