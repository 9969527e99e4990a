/**
 * Measures whether the search of the chat finds the file that answers a question. Questions are made from what people
 * wrote about code: the first sentences of documentation comments, which are taken out of the searched text, and the
 * subjects of commits, whose changes the searched text does not have yet.
 */
import { CodeSearch, isBesideCode, type SearchedFiles } from "../repository/search/codeSearch.ts";
import { nameDeclared } from "../repository/search/symbols.ts";

export interface SourceFile {
  path: string;
  text: string;
}

export interface RetrievalQuestion {
  text: string;
  /** The paths of the files that answer it; finding one of them is enough. */
  answers: readonly string[];
  /** By path: the text of a file without the comment that the question was made of. */
  without: ReadonlyMap<string, string>;
}

/** A sentence of fewer words says too little to be a question; below, one of more words is not typed as a question. */
const FEWEST_WORDS = 5;
const MOST_WORDS = 30;
/** A commit that changes more files than this has no single subject. */
const MOST_CHANGED = 3;
const BLOCK = /\/\*\*\s*\n?([\s\S]*?)\*\/[^\S\n]*\n(?:[^\S\n]*[@#[].*\n)*([^\n]*)/g;
const SLASHES = /((?:^[^\S\n]*\/\/[/!]?[^\n]*\n)+)(?:[^\S\n]*#\[.*\n)*([^\n]*)/gm;
const PYTHON = /^([^\S\n]*(?:async\s+)?(?:def|class)\s[^\n]*:)[^\S\n]*\n[^\S\n]*[rR]?"""([\s\S]*?)"""/gm;

/** Makes a question of every documentation comment in a file that belongs to a declaration and says enough. */
export function docQuestions({ path, text }: SourceFile): RetrievalQuestion[] {
  const found: RetrievalQuestion[] = [];
  const ask = (comment: string, declaration: string, whole: string) => {
    const sentence = firstSentence(comment);
    const count = sentence.split(/\s+/).length;
    if (nameDeclared(declaration) === undefined || count < FEWEST_WORDS || count > MOST_WORDS) return;
    if (/copyright|licen[cs]e|eslint|prettier|todo|deprecated|https?:/i.test(sentence)) return;
    const without = new Map([[path, text.replace(whole, () => declaration)]]);
    found.push({ text: sentence, answers: [path], without });
  };
  if (/\.pyi?$/.test(path)) {
    for (const [whole, declaration = "", comment = ""] of text.matchAll(PYTHON)) ask(comment, declaration, whole);
    return found;
  }
  for (const [whole, comment = "", declaration = ""] of text.matchAll(BLOCK)) ask(comment, declaration, whole);
  for (const [whole, comment = "", declaration = ""] of text.matchAll(SLASHES)) ask(comment, declaration, whole);
  return found;
}

/** The first sentence of a comment, without its marks. */
export function firstSentence(comment: string): string {
  const lines = comment.split("\n").map((line) => line.replace(/^\s*(?:\*+|\/\/[/!]?)?\s?/, "").trim());
  const start = lines.findIndex((line) => line !== "");
  const paragraph: string[] = [];
  for (const line of start === -1 ? [] : lines.slice(start)) {
    if (line === "" || line.startsWith("@") || line.startsWith(":")) break;
    paragraph.push(line);
  }
  const [sentence = ""] = paragraph.join(" ").split(/(?<=[.!?])\s/);
  return sentence.replaceAll(/\{@\w+\s+([^}]*)\}/g, "$1").trim();
}

/**
 * Makes a question of a commit's subject; undefined when it says too little, or when the commit changes too many files.
 *
 * @param changed paths that the commit changes.
 * @param exists whether a path is searched.
 */
export function commitQuestion(
  subject: string,
  changed: readonly string[],
  exists: (path: string) => boolean,
): RetrievalQuestion | undefined {
  const answers = changed.filter((path) => exists(path) && !isBesideCode(path));
  const text = subject
    .replace(/^\w+(?:\(([^)]*)\))?!?:\s*/, (_, scope: string | undefined) => (scope === undefined ? "" : `${scope}: `))
    .replace(/\s*\(?#\d+\)?/g, "")
    .trim();
  const says = text.split(/\s+/).length >= FEWEST_WORDS;
  const isRoutine = /^(?:merge|revert|bump|release|update (?:dependencies|changelog|version)|v?\d+\.\d+)/i.test(text);
  if (!says || isRoutine || answers.length === 0 || answers.length > MOST_CHANGED) return undefined;
  return { text, answers, without: new Map() };
}

export interface RetrievalScore {
  questions: number;
  /** Questions whose file came first; below, whose file was among the first five. */
  first: number;
  firstFive: number;
  /** Questions with their answers that were not found, for people. */
  missed: { text: string; answers: readonly string[]; found: readonly string[] }[];
}

const FILES = 5;
const LINES = 60;

export async function measureRetrieval(
  files: ReadonlyMap<string, string>,
  questions: readonly RetrievalQuestion[],
): Promise<RetrievalScore> {
  const score: RetrievalScore = { questions: questions.length, first: 0, firstFive: 0, missed: [] };
  let without: ReadonlyMap<string, string> = new Map();
  const searched: SearchedFiles = {
    paths: () => files.keys(),
    read: async (path) => without.get(path) ?? files.get(path),
    displayPath: (path) => path,
  };
  const search = new CodeSearch(searched);
  for (const { text, answers, without: changed } of questions) {
    for (const path of without.keys()) search.changed(path);
    without = changed;
    for (const path of without.keys()) search.changed(path);
    const lines = await search.search(text, LINES);
    const found = [...new Set(lines.map(({ path }) => path))].slice(0, FILES);
    if (answers.includes(found[0] ?? "")) score.first++;
    if (found.some((path) => answers.includes(path))) score.firstFive++;
    else score.missed.push({ text, answers, found });
  }
  return score;
}
