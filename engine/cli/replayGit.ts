/**
 * `sterna replay --git`: what people really wrote, typed again.
 */

import { createWriteStream } from "node:fs";
import { writeFile } from "node:fs/promises";
import { basename, extname, resolve } from "node:path";
import { PrefillSpeed } from "../backend/calibration.ts";
import { LocalBackend } from "../backend/localBackend.ts";
import { isBusy, Scheduler } from "../backend/scheduler.ts";
import { CompletionService } from "../completion/completionService.ts";
import { confidenceGate } from "../completion/gate/gate.ts";
import type { CompletionParts } from "../completion/parts.ts";
import { loadAddon, type NativeModel, type RepositoryView } from "../native.ts";
import { builtinModel, packageRoot } from "../packageRoot.ts";
import { curveSvg } from "../replay/curveSvg.ts";
import { fileAt, gitIn, readCommits } from "../replay/git/commits.ts";
import { type CommitFigures, type CommitReplay, emptyFigures, replaySession } from "../replay/git/replayCommits.ts";
import { OTHERS, planSessions, type SessionOptions, sessionOf } from "../replay/git/sessions.ts";
import { TreeIndex } from "../replay/git/treeIndex.ts";
import { IdleSkippingClock } from "../replay/idleSkippingClock.ts";
import { type Quality, qualityOf } from "../replay/quality.ts";
import { PART_NAMES, type PartName, partsWithout } from "../replay/withoutParts.ts";
import { REPOSITORY_WEIGHTS, repositoryView } from "../repository/repositoryView.ts";
import { choice, number, parse, printJson, UsageError } from "./command.ts";
import { CODE_LANGUAGES } from "./files.ts";
import { LOAD_OPTIONS, loadOptions, withModel } from "./session.ts";

const OPTIONS = {
  ...LOAD_OPTIONS,
  git: { type: "string" },
  from: { type: "string" },
  history: { type: "string" },
  commits: { type: "string" },
  others: { type: "string" },
  "repository-weights": { type: "string" },
  seed: { type: "string" },
  model: { type: "string" },
  max: { type: "string" },
  mode: { type: "string" },
  without: { type: "string" },
  "accept-from": { type: "string" },
  reaction: { type: "string" },
  "no-curve": { type: "boolean" },
  svg: { type: "string" },
  candidates: { type: "string" },
  json: { type: "boolean" },
} as const;

export const GIT_DETAILS = `Or, with --git, types what the commits of a repository add:

  --git REPOSITORY  a folder with a work tree, or a bare repository. Hunks of 2 to 25 new lines are typed into the parent's
                    files, some from the middle of their first line on; an oracle accepts what is right to its end. Prints
                    keys saved against wrong characters shown, as a curve over the gate, too
  --from COMMIT     the last commit (default HEAD)
  --history N       commits before it that are looked at (default 1000)
  --commits N       of these are typed, chosen by the seed (default 40)
  --others WHICH    open (default): the six files that were changed last are open, too; none; or repository: these, and the
                    index of all files of the repository
  --repository-weights A,B,C,D
                    what an occurrence weighs in the same folder, in the folders around it, elsewhere, in a dependency
  --no-curve        leave out the curve, which takes as long as the replay itself
  --svg FILE        draw the curve
  --candidates FILE write the answers with their places and what came next, a line of JSON each
  --seed, --model, --max, --mode, --without, --accept-from, --reaction, --json as above`;

/** Least probabilities of what is shown that the curve is made of. */
const FLOORS = [0.02, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95];
/** All of a text may be less sure than its beginning has to be, by this factor. */
const WHOLE = 0.8;
/** Memory of the repository's index. */
const INDEX_BYTES = 512 * 1024 * 1024;
/** Tokens a second that prompts are sized by, so that the counts are the same on every machine. */
const SPEED = 1000;

export interface GitReplayResult {
  repository: string;
  from: string;
  sessions: number;
  own: Quality;
  sources: CommitFigures["own"]["sources"];
  curve: ({ floor: number } & Quality)[];
}

export async function replayGit(args: string[]): Promise<void> {
  const { values } = parse(args, OPTIONS, []);
  if (values.git === undefined) throw new UsageError("--git is missing");
  const sessions: SessionOptions = {
    seed: number("seed", values.seed ?? "1", 0, 0xffffffff),
    commits: number("commits", values.commits ?? "40", 1, 100_000),
    others: choice("others", values.others ?? "open", OTHERS),
    languageOf: (path) => CODE_LANGUAGES[extname(path).toLowerCase()],
  };
  const without = (values.without ?? "")
    .split(",")
    .filter((part) => part !== "")
    .map((part) => choice<PartName>("without", part, [...PART_NAMES]));
  const settings = {
    maxTokens: number("max", values.max ?? "32", 1, 4096),
    debounceMs: null,
    mode: choice("mode", values.mode ?? "eager", ["eager", "subtle"]),
  };
  const from = values.from ?? "HEAD";
  const most = number("history", values.history ?? "1000", 1, 1_000_000);
  const weights = weightsOf(values["repository-weights"]);
  const acceptFrom = number("accept-from", values["accept-from"] ?? "2", 1, 10_000);
  const reactionMs = number("reaction", values.reaction ?? "250", 0, 60_000);
  const floors = values["no-curve"] ? [] : FLOORS;
  const git = gitIn(resolve(values.git));
  const plans = planSessions(
    await readCommits(git, { most, from, paths: Object.keys(CODE_LANGUAGES).map((ending) => `*${ending}`) }),
    sessions,
  );
  if (plans.length === 0) throw new Error(`${values.git} has no commits that add lines of code`);
  const path = values.model ?? builtinModel(packageRoot());
  const candidates = values.candidates === undefined ? undefined : createWriteStream(values.candidates);
  const tree =
    sessions.others === "repository"
      ? new TreeIndex(git, loadAddon(packageRoot()).createNgramIndex(INDEX_BYTES))
      : undefined;
  await withModel(path, loadOptions(values, "int8"), async (native) => {
    const replay: CommitReplay = {
      ...benchOf(basename(path), native, settings, partsWithout(without), tree, weights),
      acceptFrom,
      reactionMs,
      gates: floors.map((floor) => confidenceGate({ part: floor, whole: WHOLE * floor })),
      ...(candidates && {
        onCandidate: (candidate, future) => candidates.write(`${JSON.stringify({ ...candidate, future })}\n`),
      }),
    };
    const figures = emptyFigures(replay);
    for (const plan of plans) {
      await tree?.show(plan.commit.parent);
      const script = await sessionOf(plan, sessions, (commit, file) => fileAt(git, commit, file));
      if (script !== undefined) await replaySession(script, replay, figures);
      if (process.stderr.isTTY) process.stderr.write(`\r${figures.sessions} of ${plans.length} commits `);
    }
    const head = (await git(["rev-parse", "--verify", "--end-of-options", from])).trim();
    const result: GitReplayResult = {
      repository: basename(resolve(values.git ?? "")),
      from: head,
      sessions: figures.sessions,
      own: qualityOf(figures.own),
      sources: figures.own.sources,
      curve: figures.tried.map((tally, index) => ({ floor: floors[index] ?? 0, ...qualityOf(tally) })),
    };
    if (values.svg !== undefined) await writeFile(values.svg, pictureOf(result));
    if (values.json) printJson(result);
    else process.stdout.write(report(result));
  });
  if (candidates !== undefined) await new Promise<void>((done) => candidates.end(done));
}

/** The product's own parts around a model, in step with a clock that skips what nobody waits for. */
function benchOf(
  name: string,
  native: NativeModel,
  settings: ReturnType<ConstructorParameters<typeof CompletionService>[0]["settings"]>,
  parts: Partial<CompletionParts>,
  tree: TreeIndex | undefined,
  weights: RepositoryView["weights"],
): Pick<CommitReplay, "clock" | "service"> {
  const backend = new LocalBackend({ name, native, speed: new PrefillSpeed(SPEED, false) });
  const scheduler = new Scheduler(() => clock.changed());
  const clock = new IdleSkippingClock(() => isBusy(scheduler.load) || scheduler.load.warming.running > 0);
  return {
    clock,
    service: (documents, gate, onGenerated) =>
      new CompletionService({
        documents,
        scheduler,
        clock,
        backend: () => ({ kind: "ready", backend }),
        settings: () => settings,
        ...(tree && {
          repository: (uri, languageId) => {
            const path = documents.shared(uri)?.path;
            const open = documents.paths();
            return path === undefined ? undefined : repositoryView(tree.index, path, languageId, open, weights);
          },
        }),
        onGenerated,
        parts: { ...parts, ...(gate && { gate }) },
      }),
  };
}

/** @throws UsageError */
function weightsOf(text: string | undefined): RepositoryView["weights"] {
  if (text === undefined) return REPOSITORY_WEIGHTS;
  const [a, b, c, d, ...more] = text.split(",").map(Number);
  const all = [a, b, c, d].map((weight) => (weight !== undefined && weight >= 0 && weight <= 1 ? weight : undefined));
  if (more.length > 0 || all.includes(undefined))
    throw new UsageError("--repository-weights takes four numbers, 0 to 1");
  return [a ?? 0, b ?? 0, c ?? 0, d ?? 0];
}

function pictureOf({ repository, own, curve }: GitReplayResult): string {
  return curveSvg(`Commits of ${repository}`, [
    { name: "by least probability", points: curve, marks: [] },
    { name: "as set", points: [], marks: [{ ...own, name: "" }] },
  ]);
}

function report({ repository, from, sessions, own, sources, curve }: GitReplayResult): string {
  const row = (name: string, quality: Quality) =>
    name.padEnd(10) +
    [quality.savedPer100, quality.wrongPer100, quality.keptPer100, quality.rightCharacters, quality.rightSuggestions]
      .map((value) => value.toFixed(1).padStart(9))
      .join("");
  const percent = (part: number, whole: number) => ((100 * part) / Math.max(1, whole)).toFixed(1);
  return [
    `${repository} at ${from.slice(0, 12)}: ${sessions} commits, ${own.keys} keys`,
    "per 100    keys saved    wrong     kept   % right   % of suggestions right",
    row("as set", own),
    ...curve.map((point) => row(`${point.floor}`, point)),
    "",
    "answers by source:",
    ...Object.entries(sources).map(
      ([source, { suggestions, shown, matched }]) =>
        `  ${source.padEnd(16)}${String(suggestions).padStart(6)}  ${shown} characters shown, ${percent(matched, shown)} % right`,
    ),
    "",
  ].join("\n");
}
