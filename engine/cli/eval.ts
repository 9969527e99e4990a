import { writeFile } from "node:fs/promises";
import { basename } from "node:path";
import type { Backend } from "../backend/backend.ts";
import { calibrate, PrefillSpeed } from "../backend/calibration.ts";
import { LocalBackend } from "../backend/localBackend.ts";
import { copyAnswer } from "../eval/copyAnswer.ts";
import { type Hole, KINDS, parseHoles } from "../eval/hole.ts";
import { makeHoles } from "../eval/makeHoles.ts";
import { ngramAnswer } from "../eval/ngram.ts";
import { type Answer, type Score, score } from "../eval/score.ts";
import { builtinModel, packageRoot } from "../packageRoot.ts";
import { PART_NAMES, type PartName } from "../replay/withoutParts.ts";
import { languageIdOfPath } from "../text/languages.ts";
import { type Command, choice, number, parse, printJson, UsageError } from "./command.ts";
import { completeAt } from "./completeAt.ts";
import { measureBits } from "./evalBits.ts";
import { evalEdits } from "./evalEdits.ts";
import { damageLine, harmReport, measureHarm } from "./evalFilters.ts";
import { measurePlaces, placesReport } from "./evalPlaces.ts";
import { evalRetrieval } from "./evalRetrieval.ts";
import { measureSeams, seamReport } from "./evalSeams.ts";
import { LOAD_OPTIONS, loadOptions, withModel } from "./loadModel.ts";
import { ASSUMED_SPEED } from "./sameEverywhere.ts";
import { readText, shownPath } from "./sourceFiles.ts";

const OPTIONS = {
  ...LOAD_OPTIONS,
  model: { type: "string" },
  holes: { type: "string" },
  "write-holes": { type: "string" },
  limit: { type: "string" },
  seed: { type: "string" },
  edits: { type: "string", multiple: true },
  retrieval: { type: "string", multiple: true },
  commits: { type: "string" },
  hunks: { type: "string" },
  show: { type: "string" },
  max: { type: "string" },
  filters: { type: "boolean" },
  seams: { type: "boolean" },
  bits: { type: "boolean" },
  places: { type: "string" },
  from: { type: "string" },
  languages: { type: "string" },
  "per-file": { type: "string" },
  index: { type: "boolean" },
  without: { type: "string" },
  json: { type: "boolean" },
} as const;

export const evalCommand: Command = {
  usage:
    "eval (FILES... | --holes H | --edits REPOSITORY | --retrieval REPOSITORY | --places REPOSITORY) [--model M] [--limit N] [--seed N] [--commits N] [--json]",
  summary:
    "Fill holes in files that the model has not seen, and count what is right, beside baselines without a model.",
  details: `Cuts holes into the files: from a place in a line to its end, the rest of a word, what a call's brackets hold, the
lines of a block. Each is filled by five ways: as the editor would be answered, by the model alone and by the model with
the n-gram cache, both with and without the gate that keeps silent where that is unsure, by copying from the same file, and
by an n-gram model of the same file.

  FILES             source files
  --holes H         holes made before, one JSON object a line: path, kind (${KINDS.join(", ")}), prefix, middle, suffix
  --write-holes H   write the holes to a file
  --edits R         instead: the changes of a git repository's commits, fed as answers through the parsers of every command;
                    counts what is refused, changed or lost. Needs no model. May be given several times
  --retrieval R     instead: asks the search of the chat what people wrote of the code, the subjects of the latest commits
                    (of the files before them) and the first sentences of documentation comments (of the files without
                    these), and counts the questions whose file is among the first five; --limit is then the questions
                    of each kind. Needs no model. May be given several times
  --commits N       the latest so many (default 200)
  --hunks N         of each repository at most so many changes (default 1000)
  --show N          print so many of those that did not come out right
  --limit N         holes of each kind (default 100)
  --seed N          of the choice of holes (default 1)
  --filters         take no model: what really follows is what it says, at line ends, in the middle of lines, and running
                    on to the line's end. Counts what stops and filters drop, shorten or damage of it; --limit is then
                    the places in each file and of each kind; --show prints so many damaged ones
  --seams           ask the model where a mark, a bracket or a blank follows the cursor, and count what is doubled;
                    --limit is then the places in each file and of each kind
  --bits            instead: how many bits the model takes for each byte of the files, in pieces of 3,000 characters
  --places R        instead: places in the files of a git repository where somebody who types would pause, with the rest of
                    the block not written yet. Counts what of that which is shown is right to the line's end, a right
                    beginning, cut within a word or behind an operator, or wrong. --limit is the places in all, --show
                    prints so many that are not right
  --from COMMIT     with --places: the files as they are there (default HEAD)
  --languages L,L   with --places: only files of these languages, as VS Code names them
  --per-file N      with --places: at most so many in a file (default 3)
  --index           with --places: the repository's index is known, too; without it the document alone
  --without PARTS   with --seams: leave out parts (${PART_NAMES.join(", ")}), with commas between
  --json            print the scores as JSON
  --model M         GGUF file or pack; default the built-in model
  --max N           most tokens of a suggestion (default 48)
  --head KIND       int8 (default) or f16
  --kv KIND         keys and values as f16 (default) or int8
  --threads N       worker threads
  --kernel NAME     kernel set; default the fastest that passes its self-test`,
  async run(args) {
    const { values, positionals } = parse(
      args,
      OPTIONS,
      Array.from({ length: args.length }, () => "[FILE]"),
    );
    if (values.edits !== undefined) {
      await evalEdits(values.edits, {
        commits: number("commits", values.commits ?? "200", 1, 1_000_000),
        most: number("hunks", values.hunks ?? "1000", 1, 1_000_000),
        show: number("show", values.show ?? "0", 0, 1_000_000),
        json: values.json === true,
      });
      return;
    }
    if (values.retrieval !== undefined) {
      await evalRetrieval(values.retrieval, {
        commits: number("commits", values.commits ?? "200", 1, 1_000_000),
        limit: number("limit", values.limit ?? "100", 1, 100_000),
        seed: number("seed", values.seed ?? "1", 0, 0xffffffff),
        show: number("show", values.show ?? "0", 0, 1_000_000),
        json: values.json === true,
      });
      return;
    }
    if (values.places !== undefined) {
      await evalPlaces(values.places, values);
      return;
    }
    if (values.bits) {
      await evalBits(positionals, values);
      return;
    }
    const limit = number("limit", values.limit ?? "100", 1, 100_000);
    const seed = number("seed", values.seed ?? "1", 0, 0xffffffff);
    const maxTokens = number("max", values.max ?? "48", 1, 4096);
    if (values.filters || values.seams) {
      if (positionals.length === 0) throw new UsageError("name the files to take places from");
      const show = number("show", values.show ?? "0", 0, 1_000_000);
      if (values.filters) await evalFilters(positionals, { perFile: limit, seed, show, json: values.json === true });
      else await evalSeams(positionals, { ...values, perFile: limit, seed, maxTokens });
      return;
    }
    const holes = await holesOf(values.holes, positionals, limit, seed);
    const written = values["write-holes"];
    if (written !== undefined) await writeFile(written, holes.map((hole) => `${JSON.stringify(hole)}\n`).join(""));
    const path = values.model ?? builtinModel(packageRoot());
    await withModel(path, loadOptions(values, "int8"), async (native) => {
      const backend = new LocalBackend({ name: basename(path), native, speed: await calibrate(native) });
      const fill = (without: readonly PartName[]) => answers(holes, backend, maxTokens, without);
      const systems: Record<string, Answer[]> = {
        "as the editor is answered": await fill([]),
        "model alone at the gate": await fill(["copies", "ngrams"]),
        "model alone, no gate": await fill(["copies", "ngrams", "gate", "filters"]),
        "with n-grams, at the gate": await fill(["copies"]),
        "with n-grams, no gate": await fill(["copies", "gate", "filters"]),
        copies: holes.map((hole) => copyAnswer(hole, languageIdOfPath(hole.path))),
        "n-grams": holes.map(({ prefix, suffix }) => ngramAnswer(prefix, suffix)),
      };
      const scores = Object.fromEntries(
        Object.entries(systems).map(([name, given]) => [name, score(holes, given, groupsOf)]),
      );
      if (values.json) printJson(scores);
      else process.stdout.write(report(scores));
    });
  },
};

type LoadValues = Parameters<typeof loadOptions>[0] & {
  model?: string | undefined;
  json?: boolean | undefined;
};

async function evalFilters(
  files: readonly string[],
  { perFile, seed, show, json }: { perFile: number; seed: number; show: number; json: boolean },
): Promise<void> {
  const damaged: string[] = [];
  const harm = await measureHarm(files, perFile, seed, (place, result) => damaged.push(damageLine(place, result)));
  if (json) printJson({ ...harm, languages: [...harm.languages], causes: [...harm.causes] });
  else process.stdout.write(harmReport(harm) + damaged.slice(0, show).join(""));
}

async function evalSeams(
  files: readonly string[],
  options: LoadValues & {
    without?: string | undefined;
    perFile: number;
    seed: number;
    maxTokens: number;
  },
): Promise<void> {
  const names = (options.without ?? "").split(",").filter((part) => part !== "");
  const without = names.map((part) => choice<PartName>("without", part, [...PART_NAMES]));
  await withModel(options.model ?? builtinModel(packageRoot()), loadOptions(options, "int8"), async (native) => {
    const backend = new LocalBackend({ name: "model", native, speed: await calibrate(native) });
    const counts = await measureSeams(files, { ...options, without }, backend);
    if (options.json) printJson(counts);
    else process.stdout.write(seamReport(counts));
  });
}

async function evalBits(files: readonly string[], values: LoadValues): Promise<void> {
  if (files.length === 0) throw new UsageError("FILES are missing");
  await withModel(values.model ?? builtinModel(packageRoot()), loadOptions(values, "int8"), async (native) => {
    const { bits, bytes } = await measureBits(files, native);
    const bitsPerByte = bits / Math.max(1, bytes);
    if (values.json) printJson({ bytes, bitsPerByte });
    else process.stdout.write(`${bitsPerByte.toFixed(4)} bits per byte, of ${bytes} bytes\n`);
  });
}

interface PlaceValues extends LoadValues {
  from?: string | undefined;
  limit?: string | undefined;
  seed?: string | undefined;
  languages?: string | undefined;
  "per-file"?: string | undefined;
  index?: boolean | undefined;
  max?: string | undefined;
  show?: string | undefined;
}

async function evalPlaces(repository: string, values: PlaceValues): Promise<void> {
  const options = {
    from: values.from ?? "HEAD",
    limit: number("limit", values.limit ?? "100", 1, 100_000),
    seed: number("seed", values.seed ?? "1", 0, 0xffffffff),
    perFile: number("per-file", values["per-file"] ?? "3", 1, 100_000),
    maxTokens: number("max", values.max ?? "32", 1, 4096),
    languages: (values.languages ?? "").split(",").filter((language) => language !== ""),
    isIndexed: values.index === true,
  };
  const show = number("show", values.show ?? "0", 0, 1_000_000);
  await withModel(values.model ?? builtinModel(packageRoot()), loadOptions(values, "int8"), async (native) => {
    const backend = new LocalBackend({ name: "model", native, speed: new PrefillSpeed(ASSUMED_SPEED, false) });
    const result = await measurePlaces(repository, options, backend);
    if (values.json) printJson(result);
    else process.stdout.write(placesReport(result, show));
  });
}

/** The groups of a hole: all holes of its kind, and all of its kind in its language. */
function groupsOf({ kind, path }: Hole): string[] {
  return [kind, `${kind} ${languageIdOfPath(path)}`];
}

async function holesOf(file: string | undefined, files: string[], limit: number, seed: number): Promise<Hole[]> {
  if (file !== undefined) {
    if (files.length > 0) throw new UsageError("give either FILES or --holes");
    const text = await readText(file);
    try {
      return parseHoles(text);
    } catch (error) {
      throw new Error(`${file}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  if (files.length === 0) throw new UsageError("FILES are missing");
  const sources = await Promise.all(
    files.map(async (name) => ({ path: shownPath(name), text: (await readText(name)).replaceAll("\r\n", "\n") })),
  );
  return makeHoles(sources, limit, seed);
}

/** What the completion code shows at every hole. Each hole is in its own document, which is the only open one. */
async function answers(
  holes: readonly Hole[],
  backend: Backend,
  maxTokens: number,
  without: readonly PartName[],
): Promise<Answer[]> {
  const shown: Answer[] = [];
  for (const hole of holes) {
    const document = { path: hole.path, text: hole.prefix + hole.suffix };
    shown.push((await completeAt(backend, document, hole.prefix.length, { maxTokens, without }))?.text);
  }
  return shown;
}

function report(systems: Record<string, Record<string, Score>>): string {
  const percent = (part: number, whole: number) => `${((100 * part) / Math.max(1, whole)).toFixed(1)} %`.padStart(9);
  const lines = [
    "",
    "".padEnd(28) + ["holes", "answered", "right", "of answers", "similar"].map((x) => x.padStart(11)).join(""),
  ];
  for (const [system, scores] of Object.entries(systems)) {
    lines.push("", system);
    for (const [group, { holes, answered, right, similarity }] of Object.entries(scores)) {
      const figures = [
        percent(answered, holes),
        percent(right, holes),
        percent(right, answered),
        percent(similarity, 1),
      ];
      lines.push(`  ${group.padEnd(26)}${String(holes).padStart(11)}${figures.map((x) => x.padStart(11)).join("")}`);
    }
  }
  return `${lines.slice(1).join("\n")}\n`;
}
