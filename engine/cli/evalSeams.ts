/** `sterna eval --seams`: checks what is doubled where a suggestion meets the rest of its line. */
import type { Backend } from "../backend/backend.ts";
import { Scheduler } from "../backend/scheduler.ts";
import { realClock } from "../clock.ts";
import { CompletionService } from "../completion/completionService.ts";
import { isDoubled, type Seam, seamsIn } from "../eval/seams.ts";
import { Random } from "../replay/random.ts";
import { type PartName, partsWithout } from "../replay/withoutParts.ts";
import { Documents } from "../repository/openDocuments.ts";
import { languageIdOfPath } from "../text/languages.ts";
import { readText, shownPath } from "./files.ts";

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
    const text = (await readText(file)).replaceAll("\r\n", "\n");
    for (const seam of seamsIn(text, options.perFile, () => random.next())) {
      const shown = await answerAt(file, text, seam, backend, options);
      const count = counts[seam.kind];
      count.places++;
      if (shown === undefined) continue;
      count.shown++;
      if (isDoubled(shown.text, text.slice(seam.end + shown.replaceLength, lineEnd(text, seam.end)))) count.doubled++;
    }
  }
  return counts;
}

async function answerAt(
  file: string,
  text: string,
  { start, end }: Seam,
  backend: Backend,
  { maxTokens, without }: { maxTokens: number; without: readonly PartName[] },
): Promise<{ text: string; replaceLength: number } | undefined> {
  const path = shownPath(file);
  const uri = `file:///${path}`;
  const documents = new Documents();
  const document = {
    uri,
    path,
    languageId: languageIdOfPath(path),
    version: 1,
    text: text.slice(0, start) + text.slice(end),
  };
  documents.open(document);
  const service = new CompletionService({
    documents,
    scheduler: new Scheduler(),
    clock: realClock,
    backend: () => ({ kind: "ready", backend }),
    settings: () => ({ maxTokens, debounceMs: 0, warming: false }),
    parts: partsWithout(without),
  });
  const asked = { uri, version: 1, offset: start, trigger: "automatic" } as const;
  const result = await service.complete(asked, new AbortController().signal);
  if (result.kind === "silent" && result.reason === "failed") {
    throw new Error(`the engine failed in ${path}: ${result.detail}`);
  }
  return result.kind === "shown" ? result : undefined;
}

function lineEnd(text: string, from: number): number {
  const end = text.indexOf("\n", from);
  return end === -1 ? text.length : end;
}

export function seamReport(counts: SeamCounts): string {
  const rows = Object.entries(counts).map(([kind, { places, shown, doubled }]) => {
    const share = `${((100 * doubled) / Math.max(1, shown)).toFixed(1)} %`;
    return `${`before ${kind}`.padEnd(20)}${[places, shown, doubled, share].map((x) => String(x).padStart(10)).join("")}`;
  });
  const head = `${"".padEnd(20)}${["places", "shown", "doubled", "of shown"].map((x) => x.padStart(10)).join("")}`;
  return `${[head, ...rows].join("\n")}\n`;
}
