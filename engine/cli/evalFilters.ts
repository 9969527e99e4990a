/** `sterna eval --filters`: what stops and filters do to text that is right. */
import {
  addJudgement,
  emptyHarm,
  type Harm,
  type HarmRow,
  judge,
  KINDS,
  placesIn,
  type SourceText,
} from "../eval/filterHarm.ts";
import { Random } from "../replay/random.ts";
import { languageIdOfPath } from "../text/languages.ts";
import { readText, shownPath } from "./files.ts";

/** Longer files are data, or made by programs. */
const LONGEST_FILE = 300_000;

/**
 * @param perFile places in each file and of each kind.
 * @returns counts over all files, by kind of place, by language and by cause.
 */
export async function measureHarm(files: readonly string[], perFile: number, seed: number): Promise<Harm> {
  const random = new Random(seed);
  const harm = emptyHarm();
  for (const file of files) {
    const source: SourceText = {
      path: shownPath(file),
      languageId: languageIdOfPath(file),
      text: (await readText(file)).replaceAll("\r\n", "\n"),
    };
    if (source.text.length > LONGEST_FILE) continue;
    for (const place of placesIn(source, perFile, () => random.next())) addJudgement(harm, place, judge(place));
  }
  return harm;
}

export function harmReport({ kinds, languages, causes }: Harm): string {
  const line = (name: string, { runs, right, dropped, shortened, damaged }: HarmRow) => {
    const share = `${((100 * (dropped + shortened)) / Math.max(1, runs)).toFixed(2)} %`;
    return `${name.padEnd(44)}${[runs, right, dropped, shortened, share, damaged].map((x) => String(x).padStart(11)).join("")}`;
  };
  const head = `${"".padEnd(44)}${["runs", "right", "dropped", "shortened", "of runs", "damaged"].map((x) => x.padStart(11)).join("")}`;
  const rows = (entries: readonly (readonly [string, HarmRow])[]) => entries.map(([name, row]) => line(name, row));
  const byRuns = [...languages].sort(([, one], [, other]) => other.runs - one.runs);
  const byCount = [...causes].sort(([, one], [, other]) => other - one);
  return [
    head,
    ...rows(KINDS.map((kind) => [kind, kinds[kind]] as const)),
    "",
    ...rows(byRuns),
    "",
    ...byCount.map(([cause, count]) => `${String(count).padStart(6)}  ${cause}`),
    "",
  ].join("\n");
}
