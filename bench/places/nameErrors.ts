/**
 * Finds names in suggestions that TypeScript's compiler does not know. Other files are not read, so whatever is
 * imported counts as known.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packageRoot } from "../../engine/packageRoot.ts";

export interface Suggested {
  isJsx: boolean;
  /** The document with the suggestion in it. */
  text: string;
  /** The suggestion's offsets in it. */
  start: number;
  end: number;
  /** The document as its author wrote it. */
  original: string;
}

/** Names that are not declared, and members that their object's type does not have. */
export interface NameErrors {
  names: string[];
  members: string[];
}

const NAME_CODES = new Set([2304, 2503, 2552, 2580, 2581, 2582, 2583, 2584, 2663, 18004]);
const MEMBER_CODES = new Set([2339, 2551]);
const OPTIONS = (
  "--noEmit --noResolve --pretty false --strict false --ignoreConfig --skipLibCheck " +
  "--moduleDetection force --target esnext --module esnext --lib esnext,dom,dom.iterable --jsx preserve"
).split(" ");
const ERROR = /^(\d+)(o?)\.tsx?\((\d+),(\d+)\): error TS(\d+): [^']*'([^']*)'/;

interface Found {
  index: number;
  isOriginal: boolean;
  line: number;
  column: number;
  code: number;
  name: string;
}

/**
 * The errors in each suggestion. A name that is also an error in the author's own text does not count, such as a global
 * name of a test framework.
 *
 * @param root the folder whose node_modules have TypeScript.
 */
export function nameErrors(all: readonly Suggested[], root = packageRoot()): NameErrors[] {
  if (all.length === 0) return [];
  const folder = mkdtempSync(join(tmpdir(), "sterna-names-"));
  try {
    const files = all.flatMap(({ isJsx, text, original }, index) => {
      const ending = isJsx ? "tsx" : "ts";
      writeFileSync(join(folder, `${index}.${ending}`), text);
      writeFileSync(join(folder, `${index}o.${ending}`), original);
      return [`${index}.${ending}`, `${index}o.${ending}`];
    });
    const compiler = join(root, "node_modules/.bin/tsc");
    const { stdout, error } = spawnSync(compiler, [...OPTIONS, ...files], {
      cwd: folder,
      encoding: "utf8",
      maxBuffer: 1 << 30,
    });
    if (error !== undefined) throw error;
    return sortOut(all, stdout.split("\n").flatMap(foundIn));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function foundIn(line: string): Found[] {
  const [, index, o, row, column, code, name] = ERROR.exec(line) ?? [];
  if (index === undefined || name === undefined) return [];
  const [at, isOriginal] = [{ line: Number(row), column: Number(column) }, o === "o"];
  return [{ index: Number(index), isOriginal, ...at, code: Number(code), name }];
}

function sortOut(all: readonly Suggested[], found: readonly Found[]): NameErrors[] {
  const known = all.map(() => new Set<string>());
  for (const { index, isOriginal, name } of found) if (isOriginal) known[index]?.add(name);
  const errors = all.map((): NameErrors => ({ names: [], members: [] }));
  for (const { index, isOriginal, line, column, code, name } of found) {
    const suggested = all[index];
    if (isOriginal || suggested === undefined || known[index]?.has(name)) continue;
    const offset = offsetOf(suggested.text, line, column);
    if (offset < suggested.start || offset >= suggested.end) continue;
    if (NAME_CODES.has(code)) errors[index]?.names.push(name);
    if (MEMBER_CODES.has(code)) errors[index]?.members.push(name);
  }
  return errors;
}

/** @param line from 1, as is the column. */
function offsetOf(text: string, line: number, column: number): number {
  let start = 0;
  for (let at = 1; at < line; at++) start = text.indexOf("\n", start) + 1;
  return start + column - 1;
}
