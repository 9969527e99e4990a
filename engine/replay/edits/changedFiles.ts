/** Reads commits as edits of source files, with the other files that the repository had at that time. */
import type { SourceText } from "../../nextEdit/proposal.ts";
import { languageOfPath } from "../../text/languages.ts";
import { type Commit, type Git, readCommits } from "../git/commits.ts";
import { type BlobReader, blobsAt } from "../git/tree.ts";
import type { ChangedFile } from "./play.ts";

/** Files that programs made or that were copied from elsewhere. */
const NOT_WRITTEN = /(?:^|\/)(?:dist|build|vendor|third_party|node_modules|deps)\/|\.min\.|\.d\.ts$/;
/** Words in the first {@link HEAD} characters of a file that was made by a program. */
const GENERATED = /@generated|generated (?:by|from|file)|do not edit|a lexical scanner/i;
const HEAD = 1000;
/** Families of languages for data and settings. */
const DATA = new Set([
  "json",
  "yaml",
  "toml",
  "xml",
  "ini",
  "html",
  "css",
  "cmake",
  "dockerfile",
  "makefile",
  "unknown",
]);
/** In bytes; larger files are data. Below, in hunks; larger commits are made by programs. */
const LARGEST_FILE = 1_000_000;
const MOST_HUNKS = 300;
/** How many commits are read for each one that is used. */
const READ_FOR_ONE = 10;

export function isSource(path: string): boolean {
  const { family, isProse } = languageOfPath(path);
  return !DATA.has(family) && !isProse && !NOT_WRITTEN.test(path);
}

/** The files whose text a commit changed, by path. */
function changesOf({ files }: Commit) {
  return files.flatMap(({ oldPath, newPath, hunks }) =>
    newPath !== undefined && oldPath === newPath && hunks.length > 0 && isSource(newPath)
      ? [{ path: newPath, hunks }]
      : [],
  );
}

/** The latest commits with at least two hunks in source files, one of which replaces lines with lines. */
export async function editCommits(git: Git, most: number, from?: string): Promise<Commit[]> {
  const options = from === undefined ? {} : { from };
  const commits = await readCommits(git, { most: most * READ_FOR_ONE, ...options });
  const fitting = commits.filter((commit) => {
    const hunks = changesOf(commit).flatMap((file) => file.hunks);
    const isChange = hunks.some(({ oldLines, newLines }) => oldLines.length > 0 && newLines.length > 0);
    return isChange && hunks.length >= 2 && hunks.length <= MOST_HUNKS;
  });
  return fitting.slice(-most).reverse();
}

interface IndexedText extends SourceText {
  words: ReadonlySet<string>;
}

/** Reads the files of commits' parents, and keeps the texts, because the next commit needs most of them again. */
export class ParentFiles {
  readonly #git: Git;
  readonly #blobs: BlobReader;
  /** Texts by path and hash. */
  readonly #texts = new Map<string, IndexedText>();

  constructor(git: Git, blobs: BlobReader) {
    this.#git = git;
    this.#blobs = blobs;
  }

  /** The files that a commit changes, and a search through all source files of its parent. */
  async of(commit: Commit): Promise<{ files: ChangedFile[]; filesWith(word: string): Iterable<SourceText> }> {
    const hashes = await blobsAt(this.#git, commit.parent);
    const all = await Promise.all(
      [...hashes].filter(([path]) => isSource(path)).map(([path, hash]) => this.#read(path, hash)),
    );
    const texts = new Map(all.map((file) => [file.uri, file]));
    const files = changesOf(commit).flatMap(({ path, hunks }) => {
      const text = texts.get(path)?.text ?? "";
      return text === "" || GENERATED.test(text.slice(0, HEAD)) ? [] : [{ path, hunks, text }];
    });
    return {
      files,
      *filesWith(word) {
        for (const file of all) if (file.words.has(word)) yield file;
      },
    };
  }

  async #read(path: string, hash: string): Promise<IndexedText> {
    const key = `${hash} ${path}`;
    const known = this.#texts.get(key);
    if (known !== undefined) return known;
    const read = (await this.#blobs.read(hash)) ?? "";
    const text = read.length > LARGEST_FILE ? "" : read;
    const indexed = { uri: path, text, words: new Set(text.match(/[\w$\u0080-\uffff]+/g)) };
    this.#texts.set(key, indexed);
    return indexed;
  }
}
