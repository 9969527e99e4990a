/** `npm run bench:places`. */
import { parseArgs } from "node:util";
import { faultLine, isFault, type PlaceRow, type PlacesResult } from "../../engine/cli/evalPlaces.ts";
import { table } from "../commits/resultsPage.ts";
import { chosenFrom, measureClone, repositoriesIn } from "../publicRepositories.ts";
import { startBenchmark } from "../startBenchmark.ts";
import { nameErrors, type Suggested } from "./nameErrors.ts";

const HELP = `npm run bench:places -- --in FOLDER [--only NAME,NAME] [--limit N] [--seed N] [--index] [--show N]

Asks the built-in model where somebody who types the files of the public repositories under "places" in
bench/repositories.json would pause, and counts what of that which is shown is right, and what names something that is not
in scope: by the file's own text, and by TypeScript where it knows. FOLDER holds clones, each named OWNER+NAME.

  --only     of these repositories alone
  --limit    places in each (default 60)
  --index    the repository's index is known, too; without it the document alone
  --show     print so many of those that are not right, of each
`;

interface Counts {
  places: number;
  shown: number;
  line: number;
  beginning: number;
  cut: number;
  wrong: number;
  unknown: number;
  /** Suggestions that TypeScript has judged, and those with names or members that it cannot find. */
  judged: number;
  names: number;
  members: number;
}

const TITLES = {
  places: "places",
  shown: "shown",
  line: "right to the line's end",
  beginning: "right beginning",
  cut: "cut",
  wrong: "wrong",
  unknown: "name that the file does not have",
  judged: "judged by TypeScript",
  names: "name not found",
  members: "member not found",
} as const satisfies Record<keyof Counts, string>;
const FIGURES = Object.keys(TITLES) as (keyof Counts)[];

function countsOf(rows: readonly PlaceRow[], show: number): Counts {
  const counts = Object.fromEntries(FIGURES.map((figure) => [figure, 0])) as unknown as Counts;
  const judged = rows.filter(({ shown, languageId }) => shown !== undefined && languageId.startsWith("typescript"));
  const errorsOf = nameErrors(judged.map(suggestedOf));
  let printed = 0;
  for (const row of rows) {
    counts.places++;
    if (row.shown === undefined || row.verdict === undefined) continue;
    counts.shown++;
    counts[row.verdict]++;
    const errors = errorsOf[judged.indexOf(row)];
    if (row.unknownNames.length > 0) counts.unknown++;
    if (errors !== undefined) counts.judged++;
    if ((errors?.names.length ?? 0) > 0) counts.names++;
    if ((errors?.members.length ?? 0) > 0) counts.members++;
    if (isFault(row) && printed++ < show) process.stdout.write(`${faultLine(row)} ${JSON.stringify(errors ?? {})}\n`);
  }
  return counts;
}

function suggestedOf({ languageId, text, offset, truth, closers, shown }: PlaceRow): Suggested {
  const { text: added, replaceLength } = shown ?? { text: "", replaceLength: 0 };
  const [before, behind] = [text.slice(0, offset), text.slice(offset)];
  return {
    isJsx: languageId === "typescriptreact",
    text: before + added + behind.slice(replaceLength),
    start: offset,
    end: offset + added.length,
    original: before + truth + behind.slice(closers.length),
  };
}

function tableOf(rows: readonly { name: string; counts: Counts }[]): string {
  const share = ({ line, beginning, shown }: Counts) =>
    `${((100 * (line + beginning)) / Math.max(1, shown)).toFixed(1)} %`;
  const head = ["repository", ...FIGURES.map((figure) => TITLES[figure]), "right of what is shown"];
  const lines = rows.map(({ name, counts }) => [
    name,
    ...FIGURES.map((figure) => String(counts[figure])),
    share(counts),
  ]);
  return table(head, lines);
}

function main(args: string[]): void {
  const { values } = parseArgs({
    args,
    options: {
      in: { type: "string" },
      only: { type: "string" },
      limit: { type: "string", default: "60" },
      seed: { type: "string", default: "1" },
      index: { type: "boolean" },
      show: { type: "string", default: "0" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help || values.in === undefined) {
    process.stdout.write(HELP);
    return;
  }
  const options = ["--limit", values.limit, "--seed", values.seed, ...(values.index ? ["--index"] : [])];
  const rows: { name: string; counts: Counts }[] = [];
  for (const repository of chosenFrom(repositoriesIn("places"), values.only)) {
    const { name, languages } = repository;
    process.stdout.write(`${name}\n`);
    const own = ["--languages", languages.join(","), ...options];
    const { rows: places } = measureClone<PlacesResult>(values.in, repository, ["eval", "--places"], own);
    rows.push({ name, counts: countsOf(places, Number(values.show)) });
  }
  const all = Object.fromEntries(
    FIGURES.map((figure) => [figure, rows.reduce((sum, { counts }) => sum + counts[figure], 0)]),
  ) as unknown as Counts;
  process.stdout.write(tableOf([...rows, { name: "**all**", counts: all }]));
}

startBenchmark("bench:places", main);
