import { basename, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { calibrate } from "../backend/calibration.ts";
import { LocalBackend } from "../backend/localBackend.ts";
import { Scheduler } from "../backend/scheduler.ts";
import { realClock } from "../clock.ts";
import { CompletionService } from "../completion/completionService.ts";
import { builtinModel, packageRoot } from "../packageRoot.ts";
import type { CompleteResult } from "../protocol/completion.ts";
import { Documents } from "../repository/openDocuments.ts";
import { languageIdOfPath } from "../text/languages.ts";
import { lineAt, withoutReturn } from "../text/lines.ts";
import { type Command, number, parse, printJson, UsageError } from "./command.ts";
import { LOAD_OPTIONS, loadOptions, withModel } from "./loadModel.ts";
import { readText, shownPath } from "./sourceFiles.ts";

export const complete: Command = {
  usage: "complete FILE:LINE:COL [--model M] [--max N] [--json]",
  summary: "Complete a file at a place, as the editor would.",
  details: `Completes a file at a place, by the same way as a keystroke in the editor.

  FILE:LINE:COL   both counted from 1, as editors show them; COL counts UTF-16 units
  --model M       GGUF file or pack; default the built-in model
  --max N         most tokens to generate (default 32)
  --json          text, replaced characters, timings, tokens prefilled and decoded; or the reason for silence
  --head KIND     int8 (default) or f16
  --kv KIND       keys and values as f16 (default) or int8
  --threads N     worker threads
  --kernel NAME   kernel set; default the fastest that passes its self-test`,
  async run(args) {
    const { values, positionals } = parse(
      args,
      { ...LOAD_OPTIONS, model: { type: "string" }, max: { type: "string" }, json: { type: "boolean" } },
      ["FILE:LINE:COL"],
    );
    const place = parseFilePosition(positionals[0] ?? "");
    const maxTokens = number("max", values.max ?? "32", 1, 4096);
    const text = await readText(place.file);
    const offset = offsetOf(text, place);
    const result = await withModel(
      values.model ?? builtinModel(packageRoot()),
      loadOptions(values, "int8"),
      async (native) => {
        const backend = new LocalBackend({
          name: basename(values.model ?? "built-in"),
          native,
          speed: await calibrate(native),
        });
        const documents = new Documents();
        const uri = pathToFileURL(resolve(place.file)).href;
        const languageId = languageIdOfPath(place.file);
        documents.open({ uri, path: shownPath(place.file), languageId, version: 1, text });
        const service = new CompletionService({
          documents,
          scheduler: new Scheduler(),
          clock: realClock,
          backend: () => ({ kind: "ready", backend }),
          settings: () => ({ maxTokens, debounceMs: 0 }),
        });
        return service.complete({ uri, version: 1, offset, trigger: "manual" }, new AbortController().signal);
      },
    );
    if (values.json) {
      printJson(report(result));
    } else if (result.kind === "shown") {
      process.stdout.write(`${result.text}\n`);
    }
    if (result.kind === "silent") {
      const why = result.detail === undefined ? result.reason : `${result.reason}: ${result.detail}`;
      if (result.reason === "failed") throw new Error(why);
      if (!values.json) process.stderr.write(`Nothing to show (${why}).\n`);
    }
  },
};

/** The answer as the editor gets it, with an empty text when the model wrote nothing. */
function report(result: CompleteResult) {
  return result.kind === "shown" ? result : { text: "", ...result };
}

interface FilePosition {
  file: string;
  line: number;
  column: number;
}

/**
 * Splits FILE:LINE:COL; the file's name may itself contain colons.
 * @throws UsageError
 */
export function parseFilePosition(argument: string): FilePosition {
  const match = /^(.+):(\d+):(\d+)$/s.exec(argument);
  const [, file, line, column] = match ?? [];
  if (file === undefined || Number(line) < 1 || Number(column) < 1) {
    throw new UsageError(`"${argument}" is not FILE:LINE:COL with line and column counted from 1`);
  }
  return { file, line: Number(line), column: Number(column) };
}

/**
 * UTF-16 offset of a line and column.
 * @throws Error when the file has no such line or column
 */
export function offsetOf(text: string, { file, line, column }: FilePosition): number {
  let start = 0;
  for (let current = 1; current < line; current++) {
    const lineFeed = text.indexOf("\n", start);
    if (lineFeed === -1) throw new Error(`${file} has ${current} lines; line ${line} does not exist`);
    start = lineFeed + 1;
  }
  const length = withoutReturn(lineAt(text, start)).length;
  if (column > length + 1) {
    throw new Error(`Line ${line} of ${file} has ${length} characters; column ${column} does not exist`);
  }
  return start + column - 1;
}
