/** What is offered while one types "@" or "/". Free of `vscode`. */
import type { Offer } from "../../webview/messages.ts";

const COMMANDS: Offer[] = [
  { id: "explain", label: "/explain", detail: "what the code does" },
  { id: "fix", label: "/fix", detail: "what is wrong with it" },
  { id: "refactor", label: "/refactor", detail: "make it simpler" },
  { id: "doc", label: "/doc", detail: "write its documentation" },
  { id: "tests", label: "/tests", detail: "write tests for it" },
  { id: "name", label: "/name", detail: "better names" },
  { id: "terminal", label: "/terminal", detail: "what the terminal says" },
];

const PLACES: Offer[] = [
  { id: "selection", label: "@selection", detail: "the selected code" },
  { id: "file", label: "@file", detail: "the open file" },
  { id: "problems", label: "@problems", detail: "errors and warnings of the open file" },
  { id: "terminal", label: "@terminal", detail: "the selection in the terminal" },
];

/** What a question is about when nothing is attached, the best first: ids of {@link PLACES}. */
export function subjectsOf(text: string): string[] {
  const [, name = ""] = /^\/(\w+)/.exec(text) ?? [];
  if (!COMMANDS.some(({ id }) => id === name)) {
    return [];
  }
  return name === "terminal" ? ["terminal"] : ["selection", "file"];
}

const MOST_FILES = 20;

export function commandOffers(query: string): Offer[] {
  return COMMANDS.filter(({ id }) => id.startsWith(query.toLowerCase()));
}

/** Places, then files whose path holds the letters in order; those whose name begins with them come first. */
export function contextOffers(query: string, files: readonly string[]): Offer[] {
  const wanted = query.toLowerCase();
  const places = PLACES.filter(({ id }) => id.startsWith(wanted));
  const ranked = files
    .map((path) => ({ path, rank: rankOf(path.toLowerCase(), wanted) }))
    .filter(({ rank }) => rank < 4)
    .sort((one, other) => one.rank - other.rank || one.path.length - other.path.length || compare(one.path, other.path))
    .slice(0, MOST_FILES);
  return [...places, ...ranked.map(({ path }) => ({ id: `file:${path}`, label: nameOf(path), detail: path }))];
}

function rankOf(path: string, wanted: string): number {
  const name = nameOf(path);
  if (name.startsWith(wanted)) {
    return 0;
  }
  if (name.includes(wanted)) {
    return 1;
  }
  if (path.includes(wanted)) {
    return 2;
  }
  let at = 0;
  for (const char of wanted) {
    at = path.indexOf(char, at) + 1;
    if (at === 0) {
      return 4;
    }
  }
  return 3;
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
