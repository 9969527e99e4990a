/**
 * Finds the files of the workspace that contain a word, for next edits in files that are not open. Only files of the
 * repository's index are considered. Their text is read from the disk when it is needed.
 */
import { readFile } from "node:fs/promises";
import { partitionPoint } from "../text/partitionPoint.ts";
import { isWordUnit } from "../text/words.ts";
import { LARGEST_FILE } from "./indexable.ts";
import { familyOfLanguage, familyOfPath } from "./indexFamily.ts";
import { type FileFacts, statRegularFile } from "./regularFile.ts";

/** A file on the disk, with the offsets that an editor would use. */
export interface WordFile {
  /** Its address as the editor writes it. */
  uri: string;
  /** Its path as in the index. */
  path: string;
  text: string;
}

/** The interface by which the repository's index reports changes to {@link WordFiles}. */
export interface IndexedTexts {
  set(file: WordFile): void;
  remove(path: string): void;
  clear(): void;
}

/** The document for which files are looked for. Only files of related languages are found. */
export interface SearchOrigin {
  /** "" when it is not a file. */
  path: string;
  languageId: string;
}

interface Entry {
  uri: string;
  family: number;
  /** The hashes of its words, ascending. */
  words: Uint32Array;
}

interface Cached {
  modified: number;
  bytes: number;
  text: string | undefined;
}

export interface WordFilesDependencies {
  /** Undefined for what is no file that may be read. Default: any regular file may be. */
  stat?(path: string): Promise<FileFacts | undefined>;
  /** Replaced in tests. */
  read?(path: string): Promise<string>;
}

/** Shorter words occur in too many files to be useful. */
const SHORTEST_WORD = 3;
/** How many files are read for one word at most, the nearest ones; below, for all words together. */
const MOST_FILES = 40;
const MOST_FILES_IN_ALL = 80;
/** How much text at most is kept for the next keystroke, in UTF-16 units. */
const MOST_CACHED = 4_000_000;

export class WordFiles implements IndexedTexts {
  readonly #stat: NonNullable<WordFilesDependencies["stat"]>;
  readonly #read: NonNullable<WordFilesDependencies["read"]>;
  readonly #entries = new Map<string, Entry>();
  /** In order of use, the latest last. */
  readonly #texts = new Map<string, Cached>();
  #cached = 0;

  constructor({ stat, read }: WordFilesDependencies = {}) {
    this.#stat = stat ?? ((path) => statRegularFile(path, []));
    this.#read = read ?? ((path) => readFile(path, "utf8"));
  }

  set({ uri, path, text }: WordFile): void {
    this.#entries.set(path, { uri, family: familyOfPath(path), words: wordsOf(withoutMark(text)) });
  }

  remove(path: string): void {
    this.#entries.delete(path);
    this.#forget(path);
  }

  clear(): void {
    this.#entries.clear();
    this.#texts.clear();
    this.#cached = 0;
  }

  /** The bytes that the words of all files take. */
  get bytes(): number {
    let sum = 0;
    for (const { words } of this.#entries.values()) sum += words.byteLength;
    return sum;
  }

  /**
   * The files that contain each of the words, the nearest to a document first.
   *
   * @param hidden paths of files that are left out.
   */
  async filesWith(
    words: readonly string[],
    origin: SearchOrigin,
    hidden: ReadonlySet<string>,
    signal?: AbortSignal,
  ): Promise<Map<string, WordFile[]>> {
    const paths = new Map(words.map((word) => [word, this.#pathsWith(word, origin, hidden)]));
    const wanted = [...new Set([...paths.values()].flat())].slice(0, MOST_FILES_IN_ALL);
    const files = new Map<string, WordFile>();
    await Promise.all(
      wanted.map(async (path) => {
        const text = signal?.aborted ? undefined : await this.#textOf(path);
        const uri = this.#entries.get(path)?.uri;
        if (text !== undefined && uri !== undefined) files.set(path, { uri, path, text });
      }),
    );
    // A file may have been removed from the index while it, or another one, was read.
    for (const path of files.keys()) if (!this.#entries.has(path)) files.delete(path);
    return new Map([...paths].map(([word, list]) => [word, list.flatMap((path) => files.get(path) ?? [])]));
  }

  #pathsWith(word: string, origin: SearchOrigin, hidden: ReadonlySet<string>): string[] {
    if (word.length < SHORTEST_WORD) return [];
    const hash = hashOf(word, 0, word.length);
    const family = familyOfLanguage(origin.languageId);
    const found: { path: string; shared: number }[] = [];
    for (const [path, entry] of this.#entries) {
      if (entry.family !== family || !holds(entry.words, hash) || hidden.has(path)) continue;
      found.push({ path, shared: sharedFolders(path, origin.path) });
    }
    found.sort((one, other) => other.shared - one.shared || (one.path < other.path ? -1 : 1));
    return found.slice(0, MOST_FILES).map(({ path }) => path);
  }

  /**
   * The text of a file; undefined when it is no file any more, or when its offsets would differ from those in an
   * editor.
   */
  async #textOf(path: string): Promise<string | undefined> {
    try {
      const facts = await this.#stat(path);
      if (facts === undefined || facts.bytes > LARGEST_FILE) return undefined;
      const known = this.#texts.get(path);
      if (known?.modified === facts.modified && known.bytes === facts.bytes) return known.text;
      const text = asEdited(await this.#read(path));
      // What was removed while it was read is not kept.
      if (this.#entries.has(path)) this.#remember(path, { ...facts, text });
      return text;
    } catch {
      return undefined;
    }
  }

  #remember(path: string, cached: Cached): void {
    this.#forget(path);
    this.#texts.set(path, cached);
    this.#cached += cached.text?.length ?? 0;
    for (const oldest of this.#texts.keys()) {
      if (this.#cached <= MOST_CACHED) return;
      this.#forget(oldest);
    }
  }

  #forget(path: string): void {
    this.#cached -= this.#texts.get(path)?.text?.length ?? 0;
    this.#texts.delete(path);
  }
}

/**
 * The text as in an editor that opens the file, without a byte order mark. Undefined for text that is not UTF-8 or that
 * has several kinds of line ends, because an editor would change it.
 */
function asEdited(text: string): string | undefined {
  if (text.includes("\ufffd")) return undefined;
  if (text.includes("\r") && /\r(?!\n)|(?<!\r)\n/.test(text)) return undefined;
  return withoutMark(text);
}

function withoutMark(text: string): string {
  return text.startsWith("\ufeff") ? text.slice(1) : text;
}

/** The hashes of a text's words, ascending and without duplicates. */
function wordsOf(text: string): Uint32Array {
  const hashes = new Set<number>();
  let start = -1;
  for (let at = 0; at <= text.length; at++) {
    const isWord = at < text.length && isWordUnit(text.charCodeAt(at));
    if (isWord && start === -1) start = at;
    if (isWord || start === -1) continue;
    if (at - start >= SHORTEST_WORD) hashes.add(hashOf(text, start, at));
    start = -1;
  }
  return Uint32Array.from(hashes).sort();
}

/** FNV-1a over UTF-16 units. If two words have the same hash, a file is searched in vain. */
function hashOf(text: string, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}

function holds(words: Uint32Array, hash: number): boolean {
  return words[partitionPoint(words, (word) => word < hash)] === hash;
}

/** The number of folders that two paths have in common, from the top. */
function sharedFolders(one: string, other: string): number {
  let folders = 0;
  for (let at = 0; at < one.length && one[at] === other[at]; at++) if (one[at] === "/") folders++;
  return folders;
}
