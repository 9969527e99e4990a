/**
 * Commits of a repository, read by the `git` program: for replays of what people really wrote.
 */
import { execFile } from "node:child_process";
import { type FileDiff, parseDiff } from "./diff.ts";

export interface Commit {
  hash: string;
  /** Hash of the only parent. */
  parent: string;
  /** When it was committed, in seconds since 1970. */
  time: number;
  /** First line of the message. */
  subject: string;
  files: FileDiff[];
}

/**
 * Runs git in a repository and gives what it prints.
 * @throws Error with one line of what git says
 */
export type Git = (args: readonly string[]) => Promise<string>;

/** Most that one call may print: some commits add whole libraries. */
const MOST_BYTES = 1 << 30;
/** A repository's own configuration may name programs to run: none of them is. */
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
/** NUL is in no message: it separates the commits, and the diff from what goes before it. */
const FORMAT = "%x00%H%n%P%n%ct%n%s%x00";

/** @param repository a folder with a work tree, or a bare one. */
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
  /** The latest so many commits. */
  most: number;
  /** Where to begin: a branch, a tag or a hash; default HEAD. */
  from?: string;
  /** Only files that one of these fits, and commits that change such: as `git log` takes them, for instance "*.ts". */
  paths?: readonly string[];
}

/** The latest commits with exactly one parent, the oldest first, so that each comes before those built on it. */
export async function readCommits(git: Git, { most, from = "HEAD", paths = [] }: HistoryOptions): Promise<Commit[]> {
  const range = [`--max-count=${most}`, "--min-parents=1", "--max-parents=1", "--topo-order"];
  const log = await git(["log", ...range, ...DIFF, `--format=${FORMAT}`, "--end-of-options", from, "--", ...paths]);
  return parseLog(log).reverse();
}

/** What `git log` prints in {@link FORMAT}, in its own order. */
export function parseLog(log: string): Commit[] {
  const [, ...parts] = log.split("\0");
  const commits: Commit[] = [];
  for (let at = 0; at + 1 < parts.length; at += 2) {
    const [hash = "", parent = "", time = "", subject = ""] = (parts[at] ?? "").split("\n");
    commits.push({ hash, parent, time: Number(time), subject, files: parseDiff(parts[at + 1] ?? "") });
  }
  return commits;
}

/** A file as it was in a commit; undefined where there is none of that name. */
export async function fileAt(git: Git, commit: string, path: string): Promise<string | undefined> {
  try {
    return await git(["cat-file", "blob", `${commit}:${path}`]);
  } catch {
    return undefined;
  }
}

/** The paths of all files of a commit, with forward slashes. */
export async function pathsAt(git: Git, commit: string): Promise<string[]> {
  const names = await git(["ls-tree", "-r", "-z", "--name-only", "--full-tree", commit]);
  return names.split("\0").filter((name) => name !== "");
}
