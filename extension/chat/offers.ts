/** What is offered while one types "@" or "/". Free of `vscode`. */
import type { RepositoryName } from "../../engine/protocol/repository.ts";
import type { Offer } from "../../webview/messages.ts";

const COMMANDS: Offer[] = [
  { id: "explain", label: "/explain", detail: "what the code does" },
  { id: "fix", label: "/fix", detail: "what is wrong with it" },
  { id: "refactor", label: "/refactor", detail: "make it simpler" },
  { id: "doc", label: "/doc", detail: "write its documentation" },
  { id: "tests", label: "/tests", detail: "write tests for it" },
  { id: "name", label: "/name", detail: "better names" },
  { id: "terminal", label: "/terminal", detail: "what the selected output says" },
];

const SOURCES: Offer[] = [
  { id: "selection", label: "@selection", detail: "the selected code" },
  { id: "file", label: "@file", detail: "the open file" },
  { id: "problems", label: "@problems", detail: "errors and warnings of the open file" },
  { id: "terminal", label: "@terminal", detail: "the selection in the terminal" },
  { id: "workspace", label: "@workspace", detail: "what the project's files have for the question" },
];

/** What a question is about when nothing is attached, best first: ids of {@link SOURCES}. */
export function subjectsOf(text: string): string[] {
  const [, name = ""] = /^\/(\w+)/.exec(text) ?? [];
  if (!COMMANDS.some(({ id }) => id === name)) {
    return [];
  }
  return name === "terminal" ? ["terminal"] : ["selection", "file"];
}

const MAX_FILES = 20;

/** An offer for something that a file declares, and what {@link attachment} needs to know of it. */
export function nameOffer({ name, path, uri, first, last }: RepositoryName): Offer {
  return { id: `${NAME_OFFER}${first}-${last}:${uri}`, label: name, detail: `${path}:${first}` };
}

const NAME_OFFER = "lines:";

/** The lines that an offer is for; undefined for offers of other kinds. Lines are counted from 1, both included. */
export function linesOfOffer(id: string): { uri: string; first: number; last: number } | undefined {
  const [, first, last, uri] = /^lines:([1-9]\d*)-([1-9]\d*):(.*)$/s.exec(id) ?? [];
  return uri === undefined ? undefined : { uri, first: Number(first), last: Number(last) };
}

export function commandOffers(query: string): Offer[] {
  return COMMANDS.filter(({ id }) => id.startsWith(query.toLowerCase()));
}

/** Sources first, then files whose path has the letters in order; those whose name begins with them come first. */
export function contextOffers(query: string, files: readonly string[]): Offer[] {
  const typed = query.toLowerCase();
  const sources = SOURCES.filter(({ id }) => id.startsWith(typed));
  const ranked = files
    .map((path) => ({ path, rank: rankOf(path.toLowerCase(), typed) }))
    .filter(({ rank }) => rank < 4)
    .sort((one, other) => one.rank - other.rank || one.path.length - other.path.length || compare(one.path, other.path))
    .slice(0, MAX_FILES);
  return [...sources, ...ranked.map(({ path }) => ({ id: `file:${path}`, label: nameOf(path), detail: path }))];
}

function rankOf(path: string, typed: string): number {
  const name = nameOf(path);
  if (name.startsWith(typed)) {
    return 0;
  }
  if (name.includes(typed)) {
    return 1;
  }
  if (path.includes(typed)) {
    return 2;
  }
  let at = 0;
  for (const char of typed) {
    at = path.indexOf(char, at) + 1;
    if (at === 0) {
      return 4;
    }
  }
  return 3;
}

/** The same as in repository/paths.ts, which needs `vscode`. */
function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
