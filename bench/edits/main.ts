/**
 * Measures how long it takes from an edit to the proposal of the next one, in a long file and in a large repository.
 * The texts are those of a public repository. The edits are made up: a name is replaced in a few places, calls and
 * lines are changed in the same way several times, and code is typed key by key.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { NextEditService } from "../../engine/nextEdit/nextEditService.ts";
import { unopenedFiles } from "../../engine/process/repositoryService.ts";
import type { TextChange } from "../../engine/protocol/documents.ts";
import { Random } from "../../engine/replay/random.ts";
import { Documents } from "../../engine/repository/openDocuments.ts";
import { WordFiles } from "../../engine/repository/wordFiles.ts";
import { languageIdOfPath } from "../../engine/text/languages.ts";
import { startBenchmark } from "../startBenchmark.ts";
import { measureTyping } from "./keyLatency.ts";
import { longText, type SourceFile, sourcesOf } from "./sources.ts";

const HELP = `npm run bench:edits -- REPOSITORY [--lines N] [--megabytes N] [--rounds N]

  REPOSITORY      a git repository whose newest source files are the text
  --lines N       of the file that is edited (default 5000)
  --megabytes N   of the repository: its files are copied under other names until it is that large (default 64)
  --rounds N      of edits, each of ten to sixty looks (default 40)
  --keys N        instead: how long the answer to a key takes in that file, with next edits and without, N keys each
`;

/** A window of an editor with one long document. With `words`, next edits are looked for in the repository as well. */
class Window {
  readonly documents = new Documents();
  readonly service: NextEditService;
  /** Milliseconds from each change to the answer. */
  readonly times: number[] = [];
  /** Milliseconds of processor time that this process took for each of them. */
  readonly work: number[] = [];
  readonly uri: string;
  now = 0;

  constructor(uri: string, path: string, text: string, words?: WordFiles) {
    this.uri = uri;
    const dependencies = { documents: this.documents, now: () => this.now };
    this.service = new NextEditService(
      words === undefined
        ? dependencies
        : {
            ...dependencies,
            filesWith: (wanted, document, signal) => unopenedFiles(words, wanted, document, this.documents, signal),
          },
    );
    this.documents.open({ uri, path, languageId: languageIdOfPath(path), version: 1, text });
  }

  get text(): string {
    return this.documents.get(this.uri)?.text ?? "";
  }

  /** Makes a change, and looks for the next edit. */
  async change(change: TextChange): Promise<TextChange | undefined> {
    const { uri } = this;
    const baseVersion = this.documents.get(uri)?.version ?? 0;
    const message = { uri, baseVersion, version: baseVersion + 1, changes: [change] };
    this.now += 500;
    const started = performance.now();
    const before = process.cpuUsage();
    this.service.changed(message);
    this.documents.change(message);
    const offset = change.offset + change.text.length;
    const found = await this.service.next({ uri, version: baseVersion + 1, offset });
    const { user, system } = process.cpuUsage(before);
    this.work.push((user + system) / 1000);
    this.times.push(performance.now() - started);
    return found?.uri === uri ? found.change : undefined;
  }
}

const TYPED = "const total = items.reduce((sum, item) => sum + item.price, 0);";

/** The changes of a round. Each is made from the text as it is when the change is asked for. */
function* round(random: Random, names: readonly string[], text: () => string): Iterable<TextChange> {
  const pick = () => names[random.between(0, names.length - 1)] ?? "";
  const old = pick();
  const name = random.chance(0.5) ? `${old}New` : pick();
  const isCall = random.chance(0.3);
  const [before, after] = isCall ? [`${old}(`, `${old}(context, `] : [old, name];
  let at = 0;
  for (let count = random.between(2, 6); count > 0; count--) {
    at = text().indexOf(before, at);
    if (at === -1) break;
    yield { offset: at, length: before.length, text: after };
    at += after.length;
  }
  const line = text().indexOf("\n", random.between(0, text().length - 1)) + 1;
  if (random.chance(0.3)) {
    const end = text().indexOf("\n", line + 1);
    if (end > line) yield { offset: end, length: 0, text: ` ${pick()}(${pick()});` };
  }
  const typed = `${TYPED.slice(0, random.between(5, TYPED.length))}\n`;
  for (const [index, key] of [...typed].entries()) yield { offset: line + index, length: 0, text: key };
}

function report(name: string, times: number[]): string {
  times.sort((one, other) => one - other);
  const percentile = (share: number) => (times[Math.floor(share * (times.length - 1))] ?? 0).toFixed(2).padStart(8);
  const cells = `p50 ${percentile(0.5)}  p90 ${percentile(0.9)}  p99 ${percentile(0.99)}  max ${percentile(1)}`;
  return `${name.padEnd(34)}${String(times.length).padStart(6)} looks   ${cells} ms\n`;
}

function writeCopies(folder: string, sources: readonly SourceFile[], bytes: number): WordFiles {
  const words = new WordFiles();
  let written = 0;
  for (let index = 0; written < bytes; index++) {
    const { path, text } = sources[index % sources.length]!;
    const file = join(folder, `part${Math.floor(index / 200)}`, `${index}-${path.replaceAll("/", "-")}`);
    if (index % 200 === 0) mkdirSync(join(file, ".."), { recursive: true });
    writeFileSync(file, text);
    words.set({ uri: pathToFileURL(file).toString(), path: file, text });
    written += text.length;
  }
  return words;
}

async function main(args: string[]): Promise<void> {
  const number = (name: string) => ({ type: "string", default: name }) as const;
  const options = {
    lines: number("5000"),
    megabytes: number("64"),
    rounds: number("40"),
    keys: { type: "string" },
  } as const;
  const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
  const [repository] = positionals;
  if (repository === undefined) {
    process.stdout.write(HELP);
    return;
  }
  const sources = await sourcesOf(repository);
  if (sources.length === 0) throw new Error("the repository has no source files");
  const text = longText(sources, Number(values.lines));
  if (values.keys !== undefined) {
    await measureTyping(sources[0]?.path ?? "", text, Number(values.keys));
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), "sterna-edits-"));
  try {
    const started = performance.now();
    const words = writeCopies(folder, sources, Number(values.megabytes) * 1e6);
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    const megabytes = (words.bytes / 1e6).toFixed(1);
    process.stdout.write(`words of ${values.megabytes} MB: ${megabytes} MB, written and read in ${seconds} s\n`);
    const path = sources[0]?.path ?? "";
    const uri = pathToFileURL(join(folder, path)).toString();
    const fileOnly = new Window(uri, path, text);
    const withRepository = new Window(uri, path, text, words);
    await play(fileOnly, withRepository, Number(values.rounds));
    for (const [name, window] of [
      [`${values.lines} lines, ${Math.round(text.length / 1000)} KB`, fileOnly],
      [`the same, and ${values.megabytes} MB`, withRepository],
    ] as const) {
      process.stdout.write(report(name, window.times));
      process.stdout.write(report("  processor time", window.work));
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Makes the same edits in both windows in turns, and accepts up to three proposals in each round. */
async function play(fileOnly: Window, withRepository: Window, rounds: number): Promise<void> {
  const random = new Random(5);
  const names = [...new Set(fileOnly.text.match(/\b[a-zA-Z_]{4,}\b/g))];
  for (let count = 0; count < rounds; count++) {
    let found: TextChange | undefined;
    for (const change of round(random, names, () => fileOnly.text)) {
      await withRepository.change(change);
      found = await fileOnly.change(change);
    }
    for (let accepted = 0; accepted < 3 && found !== undefined; accepted++) {
      const change = found;
      await withRepository.change(change);
      found = await fileOnly.change(change);
    }
  }
}

startBenchmark("bench:edits", main);
