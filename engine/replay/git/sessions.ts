/**
 * Makes edit sessions from commits: the lines that a commit adds are typed into the files of its parent, while the
 * files that were changed last are open as well. The same commits and the same seed give the same sessions.
 */
import { withoutReturn } from "../../text/lines.ts";
import { Random } from "../random.ts";
import type { EditScript, ScriptFile } from "../script.ts";
import { type Piece, Session, Writer } from "../scriptWriter.ts";
import { Typist } from "../typist.ts";
import { offsetOfLine } from "./applyHunks.ts";
import type { Commit } from "./commits.ts";
import type { Hunk } from "./unifiedDiff.ts";

/**
 * What is known besides the file that is typed in: nothing ("none"), the files that were changed last, which are open
 * ("open"), or these files and the index of the whole repository ("repository").
 */
export const OTHERS = ["none", "open", "repository"] as const;
export type Others = (typeof OTHERS)[number];

export interface SessionOptions {
  seed: number;
  /** How many commits are typed. They are chosen at random among those that add lines, and keep their order. */
  commits: number;
  others: Others;
  /** The language of a code file, by its path; undefined for any other file. */
  languageOf(path: string): string | undefined;
}

/**
 * The fewest lines of a hunk that are typed, and the most. Shorter hunks say little; longer ones are often moved or
 * generated.
 */
const FEWEST_LINES = 2;
const MOST_LINES = 25;
/** A hunk with fewer characters, without white space, is not worth typing. */
const FEWEST_CHARACTERS = 12;
/** Lines of more characters are data; below, files of more characters. */
const LONGEST_LINE = 200;
const LARGEST_FILE = 128 * 1024;
/** The most hunks of a commit that are typed, because large commits repeat the same change. */
const MOST_HUNKS = 3;
/** The most files that are open besides those that are typed in. */
const OPEN_FILES = 6;
/**
 * The share of the hunks that are typed from the middle of their first line on; the line's beginning is there already.
 */
const HALF_TYPED = 0.25;
/** Files that programs wrote or that were copied from elsewhere. */
const GENERATED =
  /(^|\/)(node_modules|vendor|third_party|dist|build|out|target|__snapshots__|\.[^/]*)\/|\.min\.|[-.](lock|generated|gen|pb)\.|_pb2?\./i;

/** Whether a file is written by a program or copied from elsewhere, by its path. */
export function isGenerated(path: string): boolean {
  return GENERATED.test(path);
}

/** A commit that is to be typed. */
export interface Plan {
  commit: Commit;
  /** Files by their path in the parent, in the order in which they are typed. */
  files: { path: string; hunks: Hunk[] }[];
  /** The files that were changed before, the latest last, with the line (from 0) of the last change. */
  recent: { path: string; line: number }[];
}

/** Reads a file of a commit; undefined when there is none. */
export type ReadFile = (commit: string, path: string) => Promise<string | undefined>;

/** Whether a hunk only adds lines, and lines that a person has typed. */
export function isTyped({ oldLines, newLines }: Hunk): boolean {
  const text = newLines.join("");
  return (
    oldLines.length === 0 &&
    newLines.length >= FEWEST_LINES &&
    newLines.length <= MOST_LINES &&
    newLines.every((line) => line.length <= LONGEST_LINE) &&
    text.replace(/\s/g, "").length >= FEWEST_CHARACTERS
  );
}

/** @param commits oldest first. */
export function planSessions(commits: readonly Commit[], options: SessionOptions): Plan[] {
  const { languageOf, seed } = options;
  const isCode = (path: string | undefined): path is string =>
    path !== undefined && languageOf(path) !== undefined && !isGenerated(path);
  const recent = new Map<string, number>();
  const plans: Plan[] = [];
  for (const commit of commits) {
    const files = commit.files.flatMap(({ oldPath, newPath, hunks }) => {
      const typed = isCode(oldPath) && newPath !== undefined ? hunks.filter(isTyped) : [];
      return oldPath !== undefined && typed.length > 0 ? [{ path: oldPath, hunks: typed }] : [];
    });
    if (files.length > 0) {
      plans.push({ commit, files, recent: [...recent].map(([path, line]) => ({ path, line })) });
    }
    for (const { oldPath, newPath, hunks } of commit.files) {
      if (oldPath !== undefined) recent.delete(oldPath);
      if (isCode(newPath)) {
        recent.delete(newPath);
        recent.set(newPath, hunks.at(-1)?.newStart ?? 0);
      }
    }
  }
  const random = new Random(seed);
  return sample(plans, options.commits, random).map((plan) => ({ ...plan, files: fewerHunks(plan.files, random) }));
}

/** Picks this many items and keeps their order. */
function sample<T>(items: readonly T[], count: number, random: Random): T[] {
  const left = [...items.keys()];
  const chosen: number[] = [];
  while (chosen.length < count && left.length > 0) {
    chosen.push(...left.splice(random.between(0, left.length - 1), 1));
  }
  return chosen.sort((a, b) => a - b).flatMap((index) => items[index] ?? []);
}

function fewerHunks(files: Plan["files"], random: Random): Plan["files"] {
  const all = files.flatMap(({ path, hunks }) => hunks.map((hunk) => ({ path, hunk })));
  const chosen = sample(all, MOST_HUNKS, random);
  return files.flatMap(({ path }) => {
    const hunks = chosen.filter((one) => one.path === path).map(({ hunk }) => hunk);
    return hunks.length > 0 ? [{ path, hunks }] : [];
  });
}

/** The session of a plan; undefined when no file of it can be read as text. */
export async function sessionOf(plan: Plan, options: SessionOptions, read: ReadFile): Promise<EditScript | undefined> {
  const { parent, hash } = plan.commit;
  const { languageOf } = options;
  const random = new Random((options.seed ^ Number.parseInt(hash.slice(0, 8), 16)) >>> 0);
  const open = async (path: string): Promise<ScriptFile | undefined> => {
    const languageId = languageOf(path);
    const text = languageId === undefined ? undefined : await read(parent, path);
    if (languageId === undefined || text === undefined || text.length > LARGEST_FILE || text.includes("\0")) {
      return undefined;
    }
    return { path, languageId, text: text.replaceAll("\r\n", "\n") };
  };
  const script: EditScript = { files: [], events: [] };
  const sessions: Session[] = [];
  for (const { path, hunks } of plan.files) {
    const file = await open(path);
    if (file === undefined) continue;
    const session = begin(script.files.length, file.text, hunks, random);
    sessions.push(session);
    script.files.push({ ...file, text: session.text });
  }
  if (sessions.length === 0) return undefined;
  const typed = new Set(plan.files.map(({ path }) => path));
  for (const { path, line } of besides(plan, options.others, typed)) {
    const file = await open(path);
    if (file === undefined) continue;
    // These files are only shown briefly, because a file that is open for longer is one that somebody reads.
    script.events.push({ kind: "show", file: script.files.length, offset: offsetOfLine(file.text, line), afterMs: 1 });
    script.files.push(file);
  }
  const writer = new Writer(script.events, random, Number.POSITIVE_INFINITY);
  for (const session of sessions) {
    writer.show(session);
    for (const piece of session.pieces) writer.piece(session, piece);
  }
  return script;
}

/** The files that are open besides those that are typed in, in the order in which they were opened. */
function besides(plan: Plan, others: Others, typed: ReadonlySet<string>): Plan["recent"] {
  return others === "none" ? [] : plan.recent.filter(({ path }) => !typed.has(path)).slice(-OPEN_FILES);
}

/** A file as it is when the typing begins. */
function begin(file: number, before: string, hunks: readonly Hunk[], random: Random): Session {
  const pieces: Piece[] = [];
  let finished = "";
  let read = 0;
  for (const { oldStart, newLines } of hunks) {
    const added = newLines.map(withoutReturn).join("\n");
    const at = offsetOfLine(before, oldStart);
    // New lines begin with Enter after the line above. At the top of a file there is no such line.
    const offset = before[at - 1] === "\n" ? at - 1 : at;
    const whole = at === 0 ? `${added}\n` : `\n${added}`;
    const there = random.chance(HALF_TYPED) ? halfTyped(whole, random) : 0;
    finished += before.slice(read, offset) + whole;
    read = offset;
    const text = whole.slice(there);
    pieces.push({ start: finished.length - text.length, text, typist: new Typist(text, random), aside: false });
  }
  finished += before.slice(read);
  let text = finished;
  for (const piece of [...pieces].reverse()) {
    text = text.slice(0, piece.start) + text.slice(piece.start + piece.text.length);
  }
  return new Session(file, text, pieces);
}

/** How many characters of a piece are there already: up to a random place in the first line that is not blank. */
function halfTyped(piece: string, random: Random): number {
  const line = /^\s*\S.*/.exec(piece)?.[0] ?? "";
  const from = line.length - line.trimStart().length;
  return line.length - from > 1 ? random.between(from + 1, line.length - 1) : 0;
}
