/** `sterna bench --index`: what the index of a repository's text costs. */
import { readdir, readFile, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { loadAddon, type NativeModel, type NativeNgramIndex } from "../../native.ts";
import { packageRoot } from "../../packageRoot.ts";
import { notIndexedByPath, notIndexedByText } from "../../repository/indexable.ts";
import { familyOfPath } from "../../repository/indexFamily.ts";
import { quantile } from "./quantile.ts";
import { measureTyping, type TypingReport, typingRows } from "./typing.ts";

export interface IndexReport {
  files: number;
  textBytes: number;
  indexBytes: number;
  /** Files for which there was no room. */
  leftOut: number;
  /** Seconds without the reading of the files. */
  buildSeconds: number;
  /** Milliseconds of a changed file that is put in again; and the bytes of those files, in the median. */
  changeMedian: number;
  changeLongest: number;
  changedBytes: number;
  /** Microseconds of a look-up. */
  lookUpMedian: number;
  lookUp99: number;
  /** Where keys are typed as well. */
  typing?: TypingReport;
}

/** What is measured besides the index itself. */
export interface TypedKeys {
  native: NativeModel;
  /** Keys that are typed in each state of the index. */
  keys: number;
}

const CHANGES = 200;
const LOOKED_UP_FILES = 200;
const LOOK_UPS = 100;

interface Source {
  path: string;
  text: string;
}

/** @param limit megabytes of memory. */
export async function measureIndex(
  folder: string,
  megabytes: number,
  limit: number,
  typed?: TypedKeys,
): Promise<IndexReport> {
  const sources = await sourcesOf(resolve(folder), megabytes * 2 ** 20);
  if (sources.length === 0) throw new Error(`${folder} has no files that would be indexed`);
  const index = loadAddon(packageRoot()).createNgramIndex(limit * 2 ** 20);
  index.reserve(sources.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0));
  let leftOut = 0;
  const start = performance.now();
  for (const source of sources) if (!(await put(index, source))) leftOut++;
  const buildSeconds = (performance.now() - start) / 1000;
  const { files, textBytes, indexBytes } = index.stats();
  const lookUps = spread(sources, LOOKED_UP_FILES).flatMap(({ path, text }) => [
    ...index.measureLookUps({ path, family: familyOfPath(path) }, text, LOOK_UPS),
  ]);
  const changed = spread(sources, CHANGES);
  const changes: number[] = [];
  for (const source of changed) {
    const before = performance.now();
    await put(index, source);
    changes.push(performance.now() - before);
  }
  return {
    files,
    textBytes,
    indexBytes,
    leftOut,
    buildSeconds,
    changeMedian: quantile(changes, 0.5),
    changeLongest: quantile(changes, 1),
    changedBytes: quantile(
      changed.map(({ text }) => Buffer.byteLength(text)),
      0.5,
    ),
    lookUpMedian: quantile(lookUps, 0.5),
    lookUp99: quantile(lookUps, 0.99),
    ...(typed && { typing: await measureTyping(typed.native, sources, typed.keys, limit * 2 ** 20) }),
  };
}

function put(index: NativeNgramIndex, { path, text }: Source): Promise<boolean> {
  return index.set({ path, family: familyOfPath(path) }, text);
}

/** Files below a folder that would be indexed, in the order of their paths, up to so many bytes. */
async function sourcesOf(folder: string, most: number): Promise<Source[]> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const sources: Source[] = [];
  let bytes = 0;
  for (const path of paths.sort()) {
    const { size } = await stat(path);
    if (notIndexedByPath(path.slice(folder.length + 1), size) !== undefined) continue;
    const text = await readFile(path, "utf8");
    if (notIndexedByText(text) !== undefined) continue;
    if (bytes + size > most) break;
    bytes += size;
    sources.push({ path: path.replaceAll("\\", "/"), text });
  }
  return sources;
}

/** So many of them, from all parts of the list. */
function spread<T>(all: readonly T[], count: number): T[] {
  const step = Math.max(1, all.length / count);
  return Array.from({ length: Math.min(count, all.length) }, (_, at) => all[Math.floor(at * step)] as T);
}

export function indexText(report: IndexReport): string {
  const mega = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MB`;
  const rows: [name: string, value: string][] = [
    ["text", `${mega(report.textBytes)} in ${report.files} files`],
    ["no room for", `${report.leftOut} files`],
    ["memory", `${mega(report.indexBytes)}, ${(report.indexBytes / report.textBytes).toFixed(2)} times the text`],
    ["building", `${report.buildSeconds.toFixed(1)} s`],
    [
      `a changed file of ${(report.changedBytes / 1024).toFixed(1)} KB`,
      `median ${report.changeMedian.toFixed(2)} ms, longest ${report.changeLongest.toFixed(2)} ms`,
    ],
    ["a look-up", `median ${report.lookUpMedian.toFixed(1)} µs, p99 ${report.lookUp99.toFixed(1)} µs`],
    ...(report.typing === undefined ? [] : typingRows(report.typing)),
  ];
  return rows.map(([name, value]) => `${name.padEnd(28)}${value}\n`).join("");
}
