/** `npm run bench:commits`. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { GitReplayResult } from "../../engine/cli/replayGitReport.ts";
import { packageRoot } from "../../engine/packageRoot.ts";
import { curveSvg } from "../../engine/replay/curveSvg.ts";
import { chosenFrom, measureClone, repositoriesIn } from "../publicRepositories.ts";
import { startBenchmark } from "../startBenchmark.ts";
import { medianSeries, tables, withTables } from "./resultsPage.ts";

const HELP = `npm run bench:commits -- --in FOLDER [--only NAME,NAME] [--commits N] [--save]
npm run bench:commits -- --render

Types what the commits of the repositories in bench/repositories.json add, and compares the learned gate with the least
probability of what is shown. FOLDER holds clones, each named OWNER+NAME (or OWNER+NAME/repo, bare or not).

  --only      of these repositories alone, for instance encode/httpx; the others' results stay
  --commits   typed of each (default 8)
  --save      keep the results in docs/measurements/completion-quality.json, and make page and picture of them
  --render    make page and picture again from the results that are kept
`;

/** The stored results, in the order of the list of repositories. */
type Kept = (GitReplayResult & { languages: string[] })[];

function render(folder: string, kept: Kept): void {
  const page = join(folder, "completion-quality.md");
  writeFileSync(page, withTables(readFileSync(page, "utf8"), tables(kept)));
  const title = `Medians of ${kept.length} repositories`;
  writeFileSync(join(folder, "completion-quality.svg"), curveSvg(title, medianSeries(kept)));
}

function main(args: string[]): void {
  const { values } = parseArgs({
    args,
    options: {
      in: { type: "string" },
      only: { type: "string" },
      commits: { type: "string", default: "8" },
      save: { type: "boolean" },
      render: { type: "boolean" },
      help: { type: "boolean", short: "h" },
    },
  });
  const folder = join(packageRoot(), "docs/measurements");
  const file = join(folder, "completion-quality.json");
  const kept: Kept = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : [];
  if (values.render) {
    render(folder, kept);
    return;
  }
  if (values.help || values.in === undefined) {
    process.stdout.write(HELP);
    return;
  }
  const measured = repositoriesIn("measured");
  let results = kept;
  const options = ["--commits", values.commits, "--compare"];
  for (const repository of chosenFrom(measured, values.only)) {
    const found = measureClone<GitReplayResult>(values.in, repository, ["replay", "--git"], options);
    const result = { ...found, languages: repository.languages };
    results = measured.flatMap(({ name }) =>
      name === result.repository ? [result] : results.filter((one) => one.repository === name),
    );
    process.stdout.write(tables(results));
    if (values.save) writeFileSync(file, `${JSON.stringify(results, null, 1)}\n`);
  }
  if (values.save) render(folder, results);
}

startBenchmark("bench:commits", main);
