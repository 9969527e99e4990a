/**
 * Finds the places in the workspace's files that a question is about, and the names that the files declare. Its index
 * is built at the first question and follows the changes of the files. It does not read files by itself: its owner says
 * which files exist, provides their text, and frees the index when nobody has asked for a while. How often the search
 * finds the file that answers is in docs/measurements/retrieval.md.
 */
import { languageOfPath } from "../../text/languages.ts";
import { linesOf, sliceLines } from "../../text/lines.ts";
import { countsOf, termScore, WordIndex } from "./bm25.ts";
import { codeWords, questionWords, wordsOfName } from "./searchWords.ts";
import { symbolChunks } from "./symbolChunks.ts";
import { symbolsOf } from "./symbols.ts";

export interface SearchedFiles {
  /** Absolute paths with forward slashes. */
  paths(): Iterable<string>;
  /** The present text; undefined when there is none that may be read. */
  read(path: string): Promise<string | undefined>;
  /** The path for people, relative to the workspace folder. */
  displayPath(path: string): string;
}

/** Lines of a file that were found. */
export interface FoundLines {
  /** An absolute path with forward slashes. */
  path: string;
  displayPath: string;
  languageId: string;
  /** The first line; below, the last one. Both are counted from 1. */
  first: number;
  last: number;
  text: string;
  score: number;
  /** The share of the question's words that these lines contain, from 0 to 1; rare words count more. */
  coverage: number;
}

export interface FoundName {
  name: string;
  path: string;
  displayPath: string;
  /** The first line of the piece that declares it; below, the last one. Both are counted from 1. */
  first: number;
  last: number;
}

interface SearchedFile {
  document: number;
  /** The names that it declares, each with the first and the last line of its piece, counted from 1. */
  names: { name: string; first: number; last: number }[];
}

/** As how many occurrences in the text a word in the path counts; below, a word in the name of a declaration. */
const PATH_WEIGHT = 6;
const NAME_WEIGHT = 3;
/** The number of files that are examined line by line. */
const CANDIDATES = 30;
/** The weight of a file's best lines, compared with that of the whole file. */
const LINES_WEIGHT = 0.6;
/** The most names that are kept for a file. */
const MOST_NAMES = 400;
/** Paths of tests, examples and documents, which repeat the words of the code that they are about. */
const BESIDE =
  /(^|\/)(tests?|__tests__|spec|specs|examples?|docs?|benchmarks?|bench|fixtures|mocks?)\/|[._-](test|spec|mock)s?\.[a-z]+$|(^|\/)test_[^/]*$/i;
/** The score of a file with such a path is multiplied by this. */
const BESIDE_FACTOR = 0.8;

/** Whether a path is that of a test, an example or documentation. */
export function isBesideCode(path: string): boolean {
  return BESIDE.test(path);
}

export class CodeSearch {
  readonly #files: SearchedFiles;
  #index: WordIndex | undefined;
  readonly #known = new Map<string, SearchedFile>();
  /** Files that have changed since they were read. */
  readonly #changed = new Set<string>();
  #updating: Promise<void> = Promise.resolve();

  constructor(files: SearchedFiles) {
    this.#files = files;
  }

  /** @param path of a file that is new, has changed, or is gone; undefined for all files. */
  changed(path?: string): void {
    if (path === undefined) this.forget();
    else if (this.#index !== undefined) this.#changed.add(path);
  }

  /** Drops everything; the next question reads the files again. */
  forget(): void {
    this.#index = undefined;
    this.#known.clear();
    this.#changed.clear();
  }

  get isFilled(): boolean {
    return this.#index !== undefined;
  }

  /** @param within the paths to search. @returns the best lines of the best files, the best file first */
  async search(question: string, most: number, within?: readonly string[]): Promise<FoundLines[]> {
    const index = await this.#updated();
    const asked = questionWords(question);
    const words = asked.filter((word) => index.has(word));
    const all = asked.reduce((sum, word) => sum + index.weight(word), 0);
    const matches = this.#matches(index, words, within);
    const best = matches[0]?.score ?? 1;
    const found: (FoundLines & { fileScore: number })[] = [];
    for (const { path, score } of matches) {
      const lines = await this.#bestLines(index, path, words, all);
      const fileScore = (score / best) * (isBesideCode(this.#files.displayPath(path)) ? BESIDE_FACTOR : 1);
      found.push(...lines.map((each) => ({ ...each, fileScore })));
    }
    const bestLines = Math.max(1e-9, ...found.map(({ score }) => score));
    const scored = found.map(({ fileScore, ...each }) => ({
      ...each,
      score: fileScore + (LINES_WEIGHT * each.score) / bestLines,
    }));
    return scored.sort((a, b) => b.score - a.score || compare(a.path, b.path)).slice(0, most);
  }

  /** Names that begin with the query, then those that contain it; in both groups the short ones come first. */
  async names(query: string, most: number): Promise<FoundName[]> {
    await this.#updated();
    const typed = query.toLowerCase();
    const found: { rank: number; name: FoundName }[] = [];
    for (const [path, { names }] of this.#known) {
      for (const { name, first, last } of names) {
        const at = name.toLowerCase().indexOf(typed);
        if (at === -1) continue;
        found.push({
          rank: at === 0 ? 0 : 1,
          name: { name, path, displayPath: this.#files.displayPath(path), first, last },
        });
      }
    }
    found.sort((a, b) => a.rank - b.rank || a.name.name.length - b.name.name.length || compareNames(a.name, b.name));
    return found.slice(0, most).map(({ name }) => name);
  }

  #matches(index: WordIndex, words: readonly string[], within?: readonly string[]): { path: string; score: number }[] {
    const paths = new Map([...this.#known].map(([path, { document }]) => [document, path]));
    const wanted = within && new Set(within);
    const matches = index.search(words, wanted === undefined ? CANDIDATES : Number.POSITIVE_INFINITY);
    return matches
      .flatMap(({ document, score }) => {
        const path = paths.get(document);
        return path !== undefined && (wanted?.has(path) ?? true) ? [{ path, score }] : [];
      })
      .slice(0, CANDIDATES);
  }

  /** The best pieces of a file, at most three. @param all the weight of all words of the question. */
  async #bestLines(index: WordIndex, path: string, words: readonly string[], all: number): Promise<FoundLines[]> {
    const text = await this.#files.read(path);
    if (text === undefined) return [];
    const lines = linesOf(text);
    const displayPath = this.#files.displayPath(path);
    const pathWords = new Set(codeWords(displayPath));
    const found = symbolChunks(lines).map(({ start, end, names }): FoundLines => {
      const piece = sliceLines(lines, { start, end });
      const counts = countsOf(codeWords(piece));
      for (const name of names) countsOf(wordsOfName(name), NAME_WEIGHT, counts);
      let score = 0;
      let covered = 0;
      for (const word of words) {
        const count = (counts.get(word) ?? 0) + (pathWords.has(word) ? 1 : 0);
        if (count === 0) continue;
        const weight = index.weight(word);
        score += weight * termScore(count, (end - start) / USUAL_LINES);
        covered += weight;
      }
      const place = { first: start + 1, last: end, text: piece, score, coverage: all === 0 ? 0 : covered / all };
      return { path, displayPath, languageId: languageOfPath(path).ids[0] ?? "plaintext", ...place };
    });
    return found
      .filter(({ score }) => score > 0)
      .sort((a, b) => b.score - a.score)
      .slice(0, 3);
  }

  /** The index with all changes of the files. Calls wait for each other. */
  async #updated(): Promise<WordIndex> {
    const update = this.#updating.then(() => this.#update());
    this.#updating = update.catch(() => {});
    await update;
    return this.#index ?? new WordIndex();
  }

  async #update(): Promise<void> {
    if (this.#index !== undefined && this.#index.stale > this.#index.size) this.forget();
    const isFirst = this.#index === undefined;
    this.#index ??= new WordIndex();
    const paths = isFirst ? [...this.#files.paths()] : [...this.#changed];
    this.#changed.clear();
    for (const path of paths) {
      const index: WordIndex | undefined = this.#index;
      const text = await this.#files.read(path);
      // All files may have been forgotten in the meantime.
      if (this.#index !== index || index === undefined) return;
      const known = this.#known.get(path);
      if (known !== undefined) index.drop(known.document);
      if (text === undefined) this.#known.delete(path);
      else this.#known.set(path, this.#added(index, path, text));
    }
  }

  #added(index: WordIndex, path: string, text: string): SearchedFile {
    const lines = linesOf(text);
    const symbols = symbolsOf(lines);
    const words = codeWords(text);
    const counts = countsOf(words);
    countsOf(codeWords(this.#files.displayPath(path)), PATH_WEIGHT, counts);
    for (const { name } of symbols) countsOf(wordsOfName(name), NAME_WEIGHT, counts);
    const names = symbolChunks(lines, symbols).flatMap(({ start, end, names: declared }) =>
      declared.map((name) => ({ name, first: start + 1, last: end })),
    );
    return { document: index.add(counts, words.length + 1), names: names.slice(0, MOST_NAMES) };
  }
}

/** The usual number of lines of a piece. */
const USUAL_LINES = 30;

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

function compareNames(one: FoundName, other: FoundName): number {
  return compare(one.name, other.name) || compare(one.displayPath, other.displayPath);
}
