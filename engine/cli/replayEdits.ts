/**
 * `sterna replay --git REPOSITORY --edits`: replays real commits and compares the proposed next edits with them.
 */
import { createWriteStream } from "node:fs";
import type { Proposal } from "../nextEdit/proposal.ts";
import { editCommits, ParentFiles } from "../replay/edits/changedFiles.ts";
import { editsReport, summariseEdits } from "../replay/edits/editsReport.ts";
import { type Played, playCommit } from "../replay/edits/play.ts";
import { gitIn } from "../replay/git/commits.ts";
import { BlobReader } from "../replay/git/tree.ts";
import { Random } from "../replay/random.ts";
import { choice, number, parse, printJson, UsageError } from "./command.ts";

const OPTIONS = {
  git: { type: "string" },
  edits: { type: "boolean" },
  commits: { type: "string" },
  from: { type: "string" },
  order: { type: "string" },
  seed: { type: "string" },
  trust: { type: "string" },
  trace: { type: "string" },
  json: { type: "boolean" },
} as const;

export const EDITS_DETAILS = `With --git REPOSITORY --edits, the hunks of commits are made one after the other, and after each it is counted which
next edit would have been proposed, and whether the commit has it. No model is asked.

  --commits N       the latest N commits that change source files in two places or more (default 300)
  --from C          before this branch, tag or hash (default HEAD)
  --order O         of a file's hunks: file (default), from top to bottom; or random
  --seed N          of that (default 1)
  --trust P         propose what is this sure or surer (default: as the editor does)
  --trace T         write one line of JSON per proposal, with what it was rated by
  --json            print the figures as JSON`;

export async function replayEdits(args: string[]): Promise<void> {
  const { values } = parse(args, OPTIONS, []);
  const repository = values.git;
  if (repository === undefined) throw new UsageError("--edits needs --git REPOSITORY");
  const most = number("commits", values.commits ?? "300", 1, 100_000);
  const order = choice("order", values.order ?? "file", ["file", "random"]);
  const random = new Random(number("seed", values.seed ?? "1", 0, 0xffffffff));
  const leastTrust = values.trust === undefined ? undefined : number("trust", values.trust, 0, 1, false);
  const git = gitIn(repository);
  const commits = await editCommits(git, most, values.from);
  const blobs = new BlobReader(repository);
  const parents = new ParentFiles(git, blobs);
  const trace = values.trace === undefined ? undefined : createWriteStream(values.trace);
  const played: Played[] = [];
  try {
    for (const commit of commits) {
      const features = new Map<Proposal, Readonly<Record<string, number>>>();
      const result = playCommit({
        ...(await parents.of(commit)),
        order: (hunks) => (order === "file" ? numbers(hunks) : shuffled(hunks, random)),
        ...(leastTrust !== undefined && { leastTrust }),
        ...(trace !== undefined && { onRated: (proposal, rated) => void features.set(proposal, rated) }),
      });
      for (const { proposal, isRight } of result.shown) {
        const row = { commit: commit.hash, isRight, ...proposal, features: features.get(proposal) ?? {} };
        trace?.write(`${JSON.stringify(row)}\n`);
      }
      played.push(result);
    }
  } finally {
    blobs.close();
    trace?.end();
  }
  const summary = summariseEdits(played);
  if (values.json) {
    printJson({ repository, newest: commits[0]?.hash ?? "", oldest: commits.at(-1)?.hash ?? "", ...summary });
  } else process.stdout.write(editsReport(summary));
}

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

function shuffled(count: number, random: Random): number[] {
  const order = numbers(count);
  for (let last = count - 1; last > 0; last--) {
    const other = random.between(0, last);
    [order[last], order[other]] = [order[other]!, order[last]!];
  }
  return order;
}
