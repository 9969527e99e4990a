/** `sterna eval --retrieval`: whether the search of the chat finds the file that answers. */
import { basename, dirname, resolve } from "node:path";
import {
  commitQuestion,
  docQuestions,
  measureRetrieval,
  type RetrievalQuestion,
  type RetrievalScore,
} from "../eval/retrieval.ts";
import { type Git, gitIn, readCommits } from "../replay/git/commits.ts";
import { parseTree } from "../replay/git/treeIndex.ts";
import { Random } from "../replay/random.ts";
import { notIndexedByText } from "../repository/indexable.ts";
import { isBesideCode } from "../repository/search/codeSearch.ts";
import { printJson } from "./command.ts";

export interface RetrievalOptions {
  /** The latest so many commits of each repository; what is searched is the tree before them. */
  commits: number;
  /** Questions of each kind in each repository. */
  limit: number;
  seed: number;
  /** Number of questions to print whose file was not found. */
  show: number;
  json: boolean;
}

type Row = { repository: string; files: number; kind: string } & RetrievalScore;

export async function evalRetrieval(repositories: readonly string[], options: RetrievalOptions): Promise<void> {
  const rows: Row[] = [];
  for (const repository of repositories) {
    const git = gitIn(resolve(repository));
    const commits = await readCommits(git, { most: options.commits });
    const base = commits[0]?.parent;
    if (base === undefined) throw new Error(`${repository} has no commits with one parent`);
    const files = await filesAt(git, base);
    const random = new Random(options.seed);
    const ofCommits = commits.flatMap(
      ({ subject, files: changed }) =>
        commitQuestion(
          subject,
          changed.flatMap(({ oldPath }) => oldPath ?? []),
          (path) => files.has(path),
        ) ?? [],
    );
    const ofDocs = [...files]
      .filter(([path]) => !isBesideCode(path))
      .flatMap(([path, text]) => docQuestions({ path, text }));
    const kinds: [string, RetrievalQuestion[]][] = [
      ["commits", ofCommits],
      ["comments", ofDocs],
    ];
    for (const [kind, all] of kinds) {
      const score = await measureRetrieval(files, chosen(all, options.limit, random));
      rows.push({ repository: named(repository), files: files.size, kind, ...score });
    }
  }
  for (const { repository, missed } of options.show > 0 ? rows : []) {
    for (const { text, answers, found } of missed.slice(0, options.show)) {
      process.stderr.write(`${repository}: ${text}\n  ${answers.join(", ")}\n  not ${found.join(", ")}\n`);
    }
  }
  if (options.json) printJson(rows.map(({ missed: _, ...row }) => row));
  else process.stdout.write(report(rows));
}

/** The last two parts of a path: owner and name, as clones are often kept. */
function named(repository: string): string {
  const path = resolve(repository);
  return `${basename(dirname(path))}/${basename(path)}`;
}

/** Texts of the files of a commit that the index takes, by path. */
async function filesAt(git: Git, commit: string): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const [path, blob] of parseTree(await git(["ls-tree", "-r", "-l", "-z", commit]))) {
    const text = await git(["cat-file", "blob", blob]);
    if (notIndexedByText(text) === undefined) files.set(path, text);
  }
  return files;
}

/** So many of them, by chance. */
function chosen<T>(all: readonly T[], most: number, random: Random): T[] {
  const left = [...all];
  const taken: T[] = [];
  while (taken.length < most && left.length > 0) taken.push(...left.splice(random.between(0, left.length - 1), 1));
  return taken;
}

function report(rows: readonly Row[]): string {
  const lines = [["repository", "files", "questions of", "asked", "first", "first five"]];
  for (const { repository, files, kind, questions, first, firstFive } of [...rows, ...totals(rows)]) {
    const percent = (count: number) => `${((100 * count) / Math.max(1, questions)).toFixed(1)} %`;
    lines.push([repository, String(files), kind, String(questions), percent(first), percent(firstFive)]);
  }
  const widths = [34, 8, 14, 8, 10, 12];
  const written = lines.map((line) =>
    line
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join("")
      .trimEnd(),
  );
  return `${written.join("\n")}\n`;
}

function totals(rows: readonly Row[]): Row[] {
  return ["commits", "comments"].map((kind) => {
    const same = rows.filter((row) => row.kind === kind);
    const sum = (of: (row: Row) => number) => same.reduce((total, row) => total + of(row), 0);
    const sums = { questions: sum((row) => row.questions), first: sum((row) => row.first), missed: [] };
    return {
      repository: "all",
      files: sum(({ files }) => files),
      kind,
      ...sums,
      firstFive: sum((row) => row.firstFive),
    };
  });
}
