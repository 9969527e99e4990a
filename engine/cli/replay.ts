import { writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { calibrate, PrefillSpeed } from "../backend/calibration.ts";
import { LocalBackend } from "../backend/localBackend.ts";
import { isBusy, Scheduler } from "../backend/scheduler.ts";
import { realClock } from "../clock.ts";
import { CompletionService } from "../completion/completionService.ts";
import type { NativeModel } from "../native.ts";
import { builtinModel, packageRoot } from "../packageRoot.ts";
import { IdleSkippingClock } from "../replay/idleSkippingClock.ts";
import { makeScript } from "../replay/makeScript.ts";
import { play } from "../replay/player.ts";
import { type EditScript, parseScript, type ScriptFile } from "../replay/script.ts";
import { bySource, countsOf, percentiles, type Row, type Summary, summarise } from "../replay/summary.ts";
import { PART_NAMES, type PartName, partsWithout } from "../replay/withoutParts.ts";
import { Documents } from "../repository/openDocuments.ts";
import { languageIdOfPath } from "../text/languages.ts";
import { type Command, choice, choices, number, parse, printJson, UsageError } from "./command.ts";
import { LOAD_OPTIONS, loadOptions, withModel } from "./loadModel.ts";
import { EDITS_DETAILS, replayEdits } from "./replayEdits.ts";
import { GIT_DETAILS, replayGit } from "./replayGit.ts";
import { ASSUMED_SPEED } from "./sameEverywhere.ts";
import { readText, shownPath } from "./sourceFiles.ts";

const OPTIONS = {
  ...LOAD_OPTIONS,
  model: { type: "string" },
  script: { type: "string" },
  "write-script": { type: "string" },
  limit: { type: "string" },
  seed: { type: "string" },
  max: { type: "string" },
  debounce: { type: "string" },
  mode: { type: "string" },
  without: { type: "string" },
  accept: { type: "string" },
  "accept-from": { type: "string" },
  reaction: { type: "string" },
  clock: { type: "string" },
  cache: { type: "string" },
  speed: { type: "string" },
  "no-warming": { type: "boolean" },
  trace: { type: "string" },
  json: { type: "boolean" },
} as const;

export const replay: Command = {
  usage: "replay (FILES... | --script S | --git REPOSITORY) [--model M] [--limit N] [--seed N] [--json]",
  summary: "Type files, or a recorded session, through the completion code, and report what every keystroke cost.",
  details: `Takes pieces out of the files and types them in again: keys, Enter, brackets that close by themselves, slips of
the finger, jumps, forgotten lines above, files in turn. Every keystroke goes through the code that the editor uses.

  FILES             source files; each is typed in part
  --script S        play this session in place of one that is made up: a JSON object of "files" (path, languageId, text)
                    and "events" (show, move, key; see engine/replay/script.ts)
  --write-script S  write the session that is played to a file
  --limit N         keystrokes (default 5000)
  --seed N          of the session and of the acceptances (default 1)
  --accept P        accept a suggestion that is right to its end with this probability (default 1)
  --accept-from N   but none shorter than N characters (default 2: Tab saves a key)
  --reaction MS     nor one that has stood there for less (default 250: what people take to see something and press a key)
  --clock C         virtual (default): idle time is skipped, the engine's own time passes; real; or steps: every answer
                    is awaited before the next key, and computing takes no time, so that trace and JSON are the same
                    bytes on every machine: they leave out times, drafts and the cache
  --speed N         size prompts for a machine that reads N tokens a second (default: as measured; in steps 1000)
  --cache MIB       memory for what was computed of prompts (default: by the machine)
  --no-warming      compute no prompt ahead of need
  --trace T         write one line of JSON per keystroke
  --json            print the figures over all keystrokes as JSON
  --model M         GGUF file or pack; default the built-in model
  --max N           most tokens of a suggestion (default 32)
  --debounce MS     quiet before the model is asked (default: by the speed of typing)
  --mode MODE       eager (default), balanced or subtle
  --without PARTS   leave out parts, to measure them: filters, gate, stops, copies, ngrams, context; with commas between
  --head KIND       int8 (default) or f16
  --kv KIND         keys and values as f16 (default) or int8
  --threads N       worker threads
  --kernel NAME     kernel set; default the fastest that passes its self-test

${GIT_DETAILS}

${EDITS_DETAILS}`,
  async run(args) {
    if (args.includes("--edits")) {
      await replayEdits(args);
      return;
    }
    if (args.some((argument) => /^--git(=|$)/.test(argument))) {
      await replayGit(args);
      return;
    }
    await replayFiles(args);
  },
};

async function replayFiles(args: string[]): Promise<void> {
  const { values, positionals } = parse(
    args,
    OPTIONS,
    Array.from({ length: args.length }, () => "[FILE]"),
  );
  const limit = number("limit", values.limit ?? "5000", 1, 10_000_000);
  const seed = number("seed", values.seed ?? "1", 0, 0xffffffff);
  const without = choices<PartName>("without", values.without ?? "", [...PART_NAMES]);
  const settings: Settings = {
    maxTokens: number("max", values.max ?? "32", 1, 4096),
    debounceMs: values.debounce === undefined ? null : number("debounce", values.debounce, 0, 60_000),
    mode: choice("mode", values.mode ?? "eager", ["eager", "balanced", "subtle"]),
    warming: values["no-warming"] !== true,
  };
  const accept = number("accept", values.accept ?? "1", 0, 1, false);
  const acceptFrom = number("accept-from", values["accept-from"] ?? "2", 1, 10_000);
  const reactionMs = number("reaction", values.reaction ?? "250", 0, 60_000);
  const clock = choice("clock", values.clock ?? "virtual", ["virtual", "real", "steps"]);
  const given = values.speed ?? (clock === "steps" ? String(ASSUMED_SPEED) : undefined);
  const fixedSpeed = given === undefined ? undefined : number("speed", given, 1, 1_000_000, false);
  const script = await scriptOf(values.script, positionals, { seed, keystrokes: limit });
  if (values["write-script"] !== undefined) await writeFile(values["write-script"], JSON.stringify(script));

  const path = values.model ?? builtinModel(packageRoot());
  const options = loadOptions(values, "int8");
  if (values.cache !== undefined) options.cacheMegabytes = number("cache", values.cache, 1, 1 << 20);
  await withModel(path, options, async (native) => {
    const speed = fixedSpeed === undefined ? await calibrate(native) : new PrefillSpeed(fixedSpeed, false);
    const backend = new LocalBackend({ name: basename(path), native, speed });
    const playing = { accept, acceptFrom, reactionMs, seed, limit, clock };
    const { rows, saved, warmedTokens, cache } = await playScript(script, playing, {
      backend,
      native,
      settings,
      without,
    });
    if (values.trace !== undefined) {
      const lines = clock === "steps" ? rows.map(countsOf) : rows;
      await writeFile(values.trace, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
    }
    const typedMs = script.events.reduce((sum, { afterMs }) => sum + afterMs, 0);
    const session = { ...summarise(rows, saved), hours: Math.round(typedMs / 36_000) / 100, cache };
    if (values.json) printJson(clock === "steps" ? countsOf(session) : session);
    else process.stdout.write(report(session, rows, warmedTokens));
  });
}

type Settings = ReturnType<ConstructorParameters<typeof CompletionService>[0]["settings"]>;

interface Playing {
  accept: number;
  acceptFrom: number;
  reactionMs: number;
  seed: number;
  limit: number;
  clock: "virtual" | "real" | "steps";
}

interface Player {
  backend: LocalBackend;
  native: NativeModel;
  settings: Settings;
  without: readonly PartName[];
}

/** Plays a session by the code that the editor uses. */
async function playScript(script: EditScript, { clock: kind, ...playing }: Playing, player: Player) {
  const { backend, native, settings, without } = player;
  const scheduler = new Scheduler(() => idle.changed());
  const idle = new IdleSkippingClock(() => isBusy(scheduler.load) || scheduler.load.warming.running > 0, {
    computingTakesTime: kind !== "steps",
  });
  const clock = kind === "real" ? realClock : idle;
  const documents = new Documents();
  let warmedTokens = () => 0;
  const cache = { mostMegabytes: 0, budgetMegabytes: megabytes(native.memory.kvBudgetBytes) };
  const { rows, saved } = await play(script, {
    ...playing,
    clock,
    documents,
    completion: (onGenerated) => {
      const service = new CompletionService({
        documents,
        scheduler,
        clock,
        backend: () => ({ kind: "ready", backend }),
        settings: () => settings,
        parts: partsWithout(without),
        onGenerated: (params, result) => {
          cache.mostMegabytes = Math.max(cache.mostMegabytes, megabytes(native.memory.kvBytes));
          onGenerated(params, result);
        },
      });
      warmedTokens = () => service.warmedTokens;
      return service;
    },
    inStep: kind === "steps",
  });
  const failed = rows.find((row) => row.reason === "failed");
  if (failed !== undefined) throw new Error(`the engine failed at event ${failed.event}: ${failed.detail ?? ""}`);
  return { rows, saved, warmedTokens: warmedTokens(), cache };
}

/** The duration of the whole session. */
interface Session {
  /** Duration of the typing, according to the script. */
  hours: number;
  cache: { mostMegabytes: number; budgetMegabytes: number };
}

async function scriptOf(
  path: string | undefined,
  files: string[],
  options: { seed: number; keystrokes: number },
): Promise<EditScript> {
  if (path !== undefined) {
    if (files.length > 0) throw new UsageError("give either FILES or --script");
    const text = await readText(path);
    try {
      return parseScript(JSON.parse(text));
    } catch (error) {
      throw new Error(`${path} is no session: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  if (files.length === 0) throw new UsageError("FILES are missing");
  const read = await Promise.all(
    files.map(async (file): Promise<ScriptFile> => {
      const text = (await readText(file)).replaceAll("\r\n", "\n");
      return { path: shownPath(file), languageId: languageIdOfPath(file), text };
    }),
  );
  return makeScript(read, options);
}

function megabytes(bytes: number): number {
  return Math.round((100 * bytes) / 2 ** 20) / 100;
}

/** Formats the figures as text: over all keystrokes, and the prefill cost by what preceded the keystroke. */
function report(summary: Summary & Session, rows: readonly Row[], warmedTokens: number): string {
  const lines = Object.entries(summary).map(([name, value]) => {
    const text =
      typeof value === "object"
        ? Object.entries(value)
            .map(([key, figure]) => `${key} ${figure}`)
            .join("  ")
        : value;
    return `${name.padEnd(24)}${text}`;
  });
  const percent = (part: number, whole: number) => `${((100 * part) / Math.max(1, whole)).toFixed(1)} %`;
  const sources = bySource(rows);
  const kept = sources.filter(({ source }) => ["typed-through", "cache", "in-flight"].includes(source));
  const share = kept.reduce((sum, { suggestions }) => sum + suggestions, 0);
  lines.push(
    "",
    `remembered or in flight ${percent(share, summary.suggestionsShown)} of the suggestions`,
    `right                   ${percent(summary.matchedCharacters, summary.shownCharacters)} of the characters shown`,
    "suggestions by source, with the share of their characters that came next, and milliseconds beyond the debounce:",
    ...sources.map(
      ({ source, suggestions, shown, matched, p50, p90, p95 }) =>
        `  ${source.padEnd(22)}${String(suggestions).padStart(6)}  ${percent(suggestions, summary.suggestionsShown)}  ` +
        `right ${percent(matched, shown)} of ${shown}  p50 ${p50}  p90 ${p90}  p95 ${p95}`,
    ),
  );
  const groups = new Map<string, number[]>();
  for (const row of rows) {
    const name =
      row.key === "type" || row.key === "over"
        ? row.after
        : row.after === "flow"
          ? row.key
          : `${row.key}, ${row.after}`;
    groups.set(name, [...(groups.get(name) ?? []), row.prefilled]);
  }
  lines.push(
    "",
    `tokens prefilled by warming: ${warmedTokens}`,
    "tokens prefilled per keystroke, by what it was and what went before it:",
  );
  for (const [name, values] of [...groups].sort(([, a], [, b]) => b.length - a.length)) {
    const { p50, p90, p99 } = percentiles(values);
    lines.push(
      `  ${name.padEnd(22)}${String(values.length).padStart(6)}  p50 ${p50}  p90 ${p90}  p99 ${p99}  max ${Math.max(...values)}`,
    );
  }
  return `${lines.join("\n")}\n`;
}
