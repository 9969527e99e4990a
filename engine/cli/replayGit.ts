/**
 * `sterna replay --git`: types the changes of real commits again and measures the suggestions.
 */

import { createWriteStream } from "node:fs";
import { writeFile } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { PrefillSpeed } from "../backend/calibration.ts";
import { LocalBackend } from "../backend/localBackend.ts";
import { isBusy, Scheduler } from "../backend/scheduler.ts";
import { CompletionService } from "../completion/completionService.ts";
import { confidenceGate, type Gate } from "../completion/gate/gate.ts";
import { learnedGate } from "../completion/gate/learnedGate.ts";
import { FOREST } from "../completion/gate/weights.ts";
import type { CompletionParts } from "../completion/parts.ts";
import { loadAddon, type NativeModel, type RepositoryView } from "../native.ts";
import { builtinModel, packageRoot } from "../packageRoot.ts";
import { CODE_PATHS, codeLanguageOf } from "../replay/git/codePaths.ts";
import { type Commit, fileAt, type Git, gitIn, readCommits } from "../replay/git/commits.ts";
import { InstalledPackages } from "../replay/git/installedPackages.ts";
import { type CommitReplay, emptyFigures, replaySession } from "../replay/git/replayCommits.ts";
import { OTHERS, planSessions, type SessionOptions, sessionOf } from "../replay/git/sessions.ts";
import { trainingLine } from "../replay/git/trainingLine.ts";
import { TreeIndex } from "../replay/git/treeIndex.ts";
import { IdleSkippingClock } from "../replay/idleSkippingClock.ts";
import { emptyTally, qualityOf } from "../replay/quality.ts";
import { PART_NAMES, type PartName, partsWithout } from "../replay/withoutParts.ts";
import { REPOSITORY_WEIGHTS, repositoryView } from "../repository/repositoryView.ts";
import { choice, choices, number, parse, printJson, UsageError } from "./command.ts";
import { LOAD_OPTIONS, loadOptions, withModel } from "./loadModel.ts";
import { type GitReplayResult, pictureOf, report } from "./replayGitReport.ts";
import { ASSUMED_SPEED, INDEX_BYTES } from "./sameEverywhere.ts";

const OPTIONS = {
  ...LOAD_OPTIONS,
  git: { type: "string" },
  from: { type: "string" },
  history: { type: "string" },
  commits: { type: "string" },
  others: { type: "string" },
  "repository-weights": { type: "string" },
  dependencies: { type: "string" },
  seed: { type: "string" },
  model: { type: "string" },
  max: { type: "string" },
  mode: { type: "string" },
  without: { type: "string" },
  "accept-from": { type: "string" },
  reaction: { type: "string" },
  "no-curve": { type: "boolean" },
  compare: { type: "boolean" },
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
  --dependencies FOLDER
                    with --others repository: a checkout with the packages installed; what the typed files import of them is
                    in the index, too
  --no-curve        leave out the curve, which takes as long as the replay itself
  --compare         the same by the least probability of what is shown, in place of the learned gate
  --svg FILE        draw the curve
  --candidates FILE write what is known of every answer, and where it was right, for training/gate: a line of JSON each
  --seed, --model, --max, --mode, --without, --accept-from, --reaction, --json as above`;

/** Cost of a wrong character in keys, for each point of the curve. */
const PRICES = [0.3, 0.6, 1, 1.4, 2, 3];
/** Least probability of what is shown, for each point of the curve that is compared with. */
const MINIMUMS = [0.2, 0.35, 0.5, 0.65, 0.8];
/** The least probability that represents that curve in summaries. */
const MINIMUM = 0.5;
/** Factor by which the whole text may be less likely than its beginning has to be. */
const WHOLE = 0.8;

export async function replayGit(args: string[]): Promise<void> {
  const { values } = parse(args, OPTIONS, []);
  if (values.git === undefined) throw new UsageError("--git is missing");
  const sessions: SessionOptions = {
    seed: number("seed", values.seed ?? "1", 0, 0xffffffff),
    commits: number("commits", values.commits ?? "40", 1, 100_000),
    others: choice("others", values.others ?? "open", OTHERS),
    languageOf: codeLanguageOf,
  };
  const without = choices<PartName>("without", values.without ?? "", [...PART_NAMES]);
  const settings = {
    maxTokens: number("max", values.max ?? "32", 1, 4096),
    debounceMs: null,
    mode: choice("mode", values.mode ?? "eager", ["eager", "balanced", "subtle"]),
  };
  const from = values.from ?? "HEAD";
  const most = number("history", values.history ?? "1000", 1, 1_000_000);
  const weights = weightsOf(values["repository-weights"]);
  const acceptFrom = number("accept-from", values["accept-from"] ?? "2", 1, 10_000);
  const reactionMs = number("reaction", values.reaction ?? "250", 0, 60_000);
  const series: Series[] = [LEARNED, ...(values.compare ? [BY_MINIMUM] : [])];
  const settingsOf = ({ settings }: Series) => (values["no-curve"] ? [] : settings);
  const git = gitIn(resolve(values.git));
  const plans = planSessions(await readCommits(git, { most, from, paths: CODE_PATHS }), sessions);
  if (plans.length === 0) throw new Error(`${values.git} has no commits that add lines of code`);
  const path = values.model ?? builtinModel(packageRoot());
  const candidates = values.candidates === undefined ? undefined : createWriteStream(values.candidates);
  const repository = repositoryOf(sessions.others, git, values.dependencies);
  await withModel(path, loadOptions(values, "int8"), async (native) => {
    const replay: CommitReplay = {
      ...benchOf(basename(path), native, settings, partsWithout(without), repository?.tree, weights),
      acceptFrom,
      reactionMs,
      played: series.map(({ played }) => played),
      gates: series.flatMap((one) => settingsOf(one).map(one.gateOf)),
      ...(candidates && {
        onCandidate: (candidate, future) => candidates.write(`${JSON.stringify(trainingLine(candidate, future))}\n`),
      }),
    };
    const figures = emptyFigures(replay);
    for (const plan of plans) {
      await repository?.show(plan.commit);
      const script = await sessionOf(plan, sessions, (commit, file) => fileAt(git, commit, file));
      if (script !== undefined) await replaySession(script, replay, figures);
      if (process.stderr.isTTY) process.stderr.write(`\r${figures.sessions} of ${plans.length} commits `);
    }
    const head = (await git(["rev-parse", "--verify", "--end-of-options", from])).trim();
    let tried = 0;
    const result: GitReplayResult = {
      repository: basename(resolve(values.git ?? "")),
      from: head,
      commits: figures.sessions,
      series: series.map((one, index) => {
        const own = figures.played[index] ?? emptyTally();
        const curve = settingsOf(one).map((setting) => ({
          setting,
          ...qualityOf(figures.tried[tried++] ?? emptyTally()),
        }));
        return { name: one.name, played: qualityOf(own), sources: own.sources, curve };
      }),
    };
    if (values.svg !== undefined) await writeFile(values.svg, pictureOf(result));
    process.stderr.write(repository?.packages?.report ?? "");
    if (values.json) printJson(result);
    else process.stdout.write(report(result));
  });
  if (candidates !== undefined) await new Promise<void>((done) => candidates.end(done));
}

/** The index that goes with the open files, where it is wanted. @param installed folder of a checkout. */
function repositoryOf(others: SessionOptions["others"], git: Git, installed: string | undefined) {
  if (others !== "repository") {
    if (installed !== undefined) throw new UsageError("--dependencies goes with --others repository");
    return undefined;
  }
  const tree = new TreeIndex(git, loadAddon(packageRoot()).createNgramIndex(INDEX_BYTES));
  const packages = installed === undefined ? undefined : new InstalledPackages(git, resolve(installed), tree);
  const show = async (commit: Commit) => {
    await tree.show(commit.parent);
    await packages?.show(commit);
  };
  return { tree, packages, show };
}

/** The gates to compare, each with its list of settings. */
interface Series {
  name: string;
  /** The gate that decides in a session of its own; undefined means the product's gate. */
  played: Gate | undefined;
  settings: number[];
  gateOf(setting: number): Gate;
}

const LEARNED: Series = {
  name: "learned gate",
  played: undefined,
  settings: PRICES,
  gateOf: (price) => learnedGate(FOREST, { price }),
};

const byMinimum = (minimum: number) => confidenceGate({ forCutText: minimum, forWholeText: WHOLE * minimum });
const BY_MINIMUM: Series = {
  name: "least probability",
  played: byMinimum(MINIMUM),
  settings: MINIMUMS,
  gateOf: byMinimum,
};

/** Connects the product's own parts around a model to a clock by which only the typing takes time. */
function benchOf(
  name: string,
  native: NativeModel,
  settings: ReturnType<ConstructorParameters<typeof CompletionService>[0]["settings"]>,
  parts: Partial<CompletionParts>,
  tree: TreeIndex | undefined,
  weights: RepositoryView["weights"],
): Pick<CommitReplay, "clock" | "service"> {
  const backend = new LocalBackend({ name, native, speed: new PrefillSpeed(ASSUMED_SPEED, false) });
  const scheduler = new Scheduler(() => clock.changed());
  const clock = new IdleSkippingClock(() => isBusy(scheduler.load) || scheduler.load.warming.running > 0, {
    computingTakesTime: false,
  });
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
  if (more.length > 0 || all.includes(undefined)) {
    throw new UsageError("--repository-weights takes four numbers, 0 to 1");
  }
  return [a ?? 0, b ?? 0, c ?? 0, d ?? 0];
}
