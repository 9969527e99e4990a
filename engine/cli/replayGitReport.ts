/**
 * Formats the figures of a replay of commits as text.
 */
import { curveSvg } from "../replay/curveSvg.ts";
import type { Quality, Tally } from "../replay/quality.ts";

export interface GitReplayResult {
  repository: string;
  /** Hash of the last commit that was examined. */
  from: string;
  /** Number of commits that were typed. */
  commits: number;
  series: {
    name: string;
    /** The figures with the gate deciding during typing. */
    played: Quality;
    sources: Tally["sources"];
    /** The figures of other settings of the gate, applied to recorded answers. */
    curve: ({ setting: number } & Quality)[];
  }[];
}

export function pictureOf({ repository, series }: GitReplayResult): string {
  return curveSvg(
    `Commits of ${repository}`,
    series.map(({ name, played, curve }) => ({ name, points: curve, marks: [{ ...played, name: "as set" }] })),
  );
}

export function report({ repository, from, commits, series }: GitReplayResult): string {
  const row = (name: string, quality: Quality) =>
    name.padEnd(12) +
    [quality.savedPer100, quality.wrongPer100, quality.keptPer100, quality.rightCharacters, quality.rightSuggestions]
      .map((value) => value.toFixed(1).padStart(10))
      .join("");
  const percent = (part: number, whole: number) => ((100 * part) / Math.max(1, whole)).toFixed(1);
  const keys = series[0]?.played.keys ?? 0;
  return [
    `${repository} at ${from.slice(0, 12)}: ${commits} commits, ${keys} keys. For 100 keys:`,
    ...series.flatMap(({ name, played, sources, curve }) => [
      "",
      `${name}: keys saved, wrong characters, characters kept, % of the characters right, % of the suggestions right`,
      row("as set", played),
      ...curve.map((point) => row(`  ${point.setting}`, point)),
      ...Object.entries(sources).map(
        ([source, { suggestions, shown, matched }]) =>
          `  ${source.padEnd(16)}${String(suggestions).padStart(6)}  ${shown} characters newly shown, ${percent(matched, shown)} % right`,
      ),
    ]),
    "",
  ].join("\n");
}
