/** `sterna eval --seams`: checks what is doubled where a suggestion meets the rest of its line. */
import type { Backend } from "../backend/backend.ts";
import { isDoubled, type Seam, seamsIn } from "../eval/seams.ts";
import { Random } from "../replay/random.ts";
import type { PartName } from "../replay/withoutParts.ts";
import { lineEnd } from "../text/lines.ts";
import { completeAt } from "./completeAt.ts";
import { readText, shownPath } from "./sourceFiles.ts";

export type SeamCounts = Record<Seam["kind"], { places: number; shown: number; doubled: number }>;

/** @param perFile number of places of each kind in each file. */
export async function measureSeams(
  files: readonly string[],
  options: { perFile: number; seed: number; maxTokens: number; without: readonly PartName[] },
  backend: Backend,
): Promise<SeamCounts> {
  const random = new Random(options.seed);
  const row = () => ({ places: 0, shown: 0, doubled: 0 });
  const counts: SeamCounts = { ";": row(), ",": row(), ")": row(), blank: row() };
  for (const file of files) {
    const path = shownPath(file);
    const text = (await readText(file)).replaceAll("\r\n", "\n");
    for (const seam of seamsIn(text, options.perFile, () => random.next())) {
      const shown = await completeAt(backend, { path, text: withoutSeam(text, seam) }, seam.start, options);
      const count = counts[seam.kind];
      count.places++;
      if (shown === undefined) continue;
      count.shown++;
      if (isDoubled(shown.text, text.slice(seam.end + shown.replaceLength, lineEnd(text, seam.end)))) count.doubled++;
    }
  }
  return counts;
}

function withoutSeam(text: string, { start, end }: Seam): string {
  return text.slice(0, start) + text.slice(end);
}

export function seamReport(counts: SeamCounts): string {
  const rows = Object.entries(counts).map(([kind, { places, shown, doubled }]) => {
    const share = `${((100 * doubled) / Math.max(1, shown)).toFixed(1)} %`;
    return `${`before ${kind}`.padEnd(20)}${[places, shown, doubled, share].map((x) => String(x).padStart(10)).join("")}`;
  });
  const head = `${"".padEnd(20)}${["places", "shown", "doubled", "of shown"].map((x) => x.padStart(10)).join("")}`;
  return `${[head, ...rows].join("\n")}\n`;
}
