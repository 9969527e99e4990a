/** `sterna eval --edits`: checks what the parsers of answers do to changes that people made. */
import { type EditCase, editCases } from "../eval/editCases.ts";
import { COMMANDS, type Outcome, type Verdict } from "../eval/editMeasure.ts";
import { fileAt, gitIn, readCommits } from "../replay/git/commits.ts";
import { printJson } from "./command.ts";

const VERDICTS: readonly Verdict[] = ["right", "refused", "changed", "lost"];
/** Largest file in characters; the extension ignores larger files as well. */
const LONGEST_FILE = 400_000;

type Counts = Record<Verdict, number>;

/** @param show number of wrongly reproduced changes to print. */
export async function evalEdits(
  repositories: readonly string[],
  { commits, most, json, show }: { commits: number; most: number; json: boolean; show: number },
): Promise<void> {
  const byCommand = new Map<string, Counts>();
  const byLanguage = new Map<string, Counts>();
  const reasons = new Map<string, number>();
  let hunks = 0;
  let shown = 0;
  for (const repository of repositories) {
    let here = 0;
    for await (const one of casesOf(repository, commits)) {
      if (here >= most) break;
      here++;
      hunks++;
      for (const [command, measure] of Object.entries(COMMANDS)) {
        const outcome = measure(one);
        if (outcome === undefined) continue;
        count(byCommand, command, outcome.verdict);
        count(byLanguage, one.code.languageId, outcome.verdict);
        if (outcome.verdict === "right") continue;
        if (outcome.reason !== "") reasons.set(outcome.reason, (reasons.get(outcome.reason) ?? 0) + 1);
        if (shown++ < show) process.stderr.write(described(one, command, outcome));
      }
    }
  }
  const tables = {
    hunks,
    commands: Object.fromEntries(byCommand),
    languages: Object.fromEntries(byLanguage),
    reasons: Object.fromEntries(reasons),
  };
  if (json) printJson(tables);
  else process.stdout.write(report(tables));
}

async function* casesOf(repository: string, commits: number): AsyncGenerator<EditCase> {
  const git = gitIn(repository);
  for (const commit of await readCommits(git, { most: commits })) {
    for (const file of commit.files) {
      if (file.oldPath === undefined || file.newPath === undefined || file.hunks.length === 0) continue;
      const text = await fileAt(git, commit.hash, file.newPath);
      if (text !== undefined && text.length <= LONGEST_FILE) yield* editCases(file, text, commit.subject);
    }
  }
}

function count(table: Map<string, Counts>, key: string, verdict: Verdict): void {
  const counts = table.get(key) ?? { right: 0, refused: 0, changed: 0, lost: 0 };
  counts[verdict]++;
  table.set(key, counts);
}

function described(
  { code, focus, truth }: EditCase,
  command: string,
  { verdict, reason, difference }: Outcome,
): string {
  const lines = [`\n=== ${verdict} ${command} ${code.path}:${focus.start + 1}-${focus.end} ${reason}`];
  for (const line of truth.slice(0, 8)) lines.push(`  truth  |${line}`);
  for (const line of difference?.wanted.slice(0, 6) ?? []) lines.push(`  wanted |${line}`);
  for (const line of difference?.got.slice(0, 6) ?? []) lines.push(`  got    |${line}`);
  return `${lines.join("\n")}\n`;
}

function report({
  hunks,
  commands,
  languages,
  reasons,
}: {
  hunks: number;
  commands: Record<string, Counts>;
  languages: Record<string, Counts>;
  reasons: Record<string, number>;
}): string {
  const table = (title: string, rows: Record<string, Counts>) => [
    "",
    title.padEnd(36) + ["answers", ...VERDICTS].map((name) => name.padStart(10)).join(""),
    ...Object.entries(rows)
      .sort(([, one], [, other]) => total(other) - total(one))
      .map(
        ([name, counts]) =>
          name.padEnd(36) +
          [total(counts), ...VERDICTS.map((verdict) => counts[verdict])].map((n) => String(n).padStart(10)).join(""),
      ),
  ];
  return [
    `${hunks} hunks`,
    ...table("by command", commands),
    ...table("by language", languages),
    "",
    ...Object.entries(reasons).map(([reason, number]) => `${String(number).padStart(6)}  ${reason}`),
    "",
  ].join("\n");
}

function total(counts: Counts): number {
  return VERDICTS.reduce((sum, verdict) => sum + counts[verdict], 0);
}
