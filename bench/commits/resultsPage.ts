/** Makes the tables and curves of the repositories whose commits were replayed. */
import type { GitReplayResult } from "../../engine/cli/replayGitReport.ts";
import type { CurveSeries } from "../../engine/replay/curveSvg.ts";
import type { Quality } from "../../engine/replay/quality.ts";

type Result = GitReplayResult & { languages: string[] };

const FIGURES = [
  ["savedPer100", "keys saved"],
  ["wrongPer100", "wrong characters"],
  ["keptPer100", "characters kept"],
  ["rightCharacters", "right of the characters, %"],
  ["rightSuggestions", "right of the suggestions, %"],
] as const satisfies readonly (readonly [keyof Quality, string])[];

/** The median; for an even number of values, the mean of the two middle ones. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const high = sorted[Math.floor(middle)] ?? 0;
  return sorted.length % 2 === 1 ? high : ((sorted[middle - 1] ?? 0) + high) / 2;
}

/** The curve of each gate. Its points are the medians over the repositories. */
export function medianSeries(results: readonly Result[]): CurveSeries[] {
  const [first] = results;
  return (first?.series ?? []).map(({ name, curve }, index) => {
    const of = (pick: (series: Result["series"][number]) => Quality | undefined, figure: keyof Quality) =>
      median(results.flatMap(({ series }) => (series[index] && pick(series[index])?.[figure]) ?? []));
    const point = (pick: (series: Result["series"][number]) => Quality | undefined) => ({
      savedPer100: of(pick, "savedPer100"),
      wrongPer100: of(pick, "wrongPer100"),
    });
    return {
      name,
      points: curve.map((_, at) => point((series) => series.curve[at])),
      marks: [{ ...point((series) => series.played), name: "as set" }],
    };
  });
}

/** The figures by repository and gate with their medians, then the points of the curves. */
export function tables(results: readonly Result[]): string {
  const head = ["repository", "keys", "gate", ...FIGURES.map(([, title]) => title)];
  const cells = (quality: (figure: keyof Quality) => number) => FIGURES.map(([figure]) => quality(figure).toFixed(1));
  const rows = results.flatMap(({ repository, languages, series }) =>
    series.map(({ name, played }) => [
      `${repository} (${languages.join(", ")})`,
      String(played.keys),
      name,
      ...cells((figure) => played[figure]),
    ]),
  );
  const names = results[0]?.series.map(({ name }) => name) ?? [];
  const medians = names.map((name, index) => [
    "**median**",
    "",
    name,
    ...cells((figure) => median(results.flatMap(({ series }) => series[index]?.played[figure] ?? []))),
  ]);
  const points = names.flatMap((name, index) =>
    (results[0]?.series[index]?.curve ?? []).map(({ setting }, at) => [
      name,
      String(setting),
      ...cells((figure) => median(results.flatMap(({ series }) => series[index]?.curve[at]?.[figure] ?? []))),
    ]),
  );
  return `${table(head, [...rows, ...medians])}\n${table(["gate, tried on recorded answers", "setting", ...FIGURES.map(([, title]) => title)], points)}`;
}

/** A table in Markdown, with all columns left-aligned. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => "---"), ...rows];
  return `${lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n")}\n`;
}

const BEGIN = "<!-- tables -->";
const END = "<!-- end of tables -->";

/** Puts the tables between the page's markers. */
export function withTables(page: string, made: string): string {
  const from = page.indexOf(BEGIN);
  const to = page.indexOf(END);
  if (from === -1 || to < from) throw new Error(`the page has no ${BEGIN} before ${END}`);
  return `${page.slice(0, from + BEGIN.length)}\n\n${made}\n${page.slice(to)}`;
}
