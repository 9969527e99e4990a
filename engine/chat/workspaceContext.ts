/**
 * Decides when a question is answered with pieces of the workspace's files that nobody attached, and with which. It
 * takes and returns only data.
 */
import type { Attachment } from "../protocol/conversations.ts";

/** A piece of a file that the search found. */
export interface FoundPiece {
  /** Relative to the workspace folder. */
  path: string;
  languageId: string;
  /** The first line; below, the last one. Both are counted from 1. */
  first: number;
  last: number;
  text: string;
  /** The share of the question's words that it contains, from 0 to 1. */
  coverage: number;
}

export type WorkspaceSearch = (question: string, within: readonly string[]) => Promise<FoundPiece[]>;

/** What to search for: the words, the files (none for all files), and the least coverage of the best piece. */
export interface Wanted {
  question: string;
  within: string[];
  leastCoverage: number;
}

/** Sentences for people: what an answer is waiting for, and the result. */
export const SEARCHING = "Sterna looks through the workspace.";
export const NOTHING_FOUND = "Nothing in the workspace's files has to do with the question.";

const MENTION = /(^|\s)@workspace(?=\s|$|[.,:;?!])/gi;
/** A name that looks like code: in backticks, with the brackets of a call, in camel or snake case, or a path. */
const NAME =
  /`[^`]+`|\b\w+\(\)|\b[a-z]+\d*[A-Z]\w*|\b[A-Z]+[a-z]\w*[A-Z]\w*|\b\w+_\w+|\w-*\/[\w./-]|\b\w+\.[a-z]{1,4}\b/;
const OF_PROJECT =
  /\b(?:this|our|the) (?:\w+ )?(?:project|repo(?:sitory)?|code ?base|workspace|code|app(?:lication)?|librar(?:y|ies)|package)\b|\bwhere (?:is|are|do|does|did|can)\b|\bwhich (?:file|function|class|method|module)s?\b/i;
/**
 * The least coverage for questions with such a name; below, for others, because "write a sort in Go" is about no file.
 */
const LEAST_OF_NAMES = 0.35;
const LEAST_OF_OTHERS = 0.8;
const FEWEST_WORDS = 3;

/** The text without the mention, as the model reads it. */
export function withoutMention(text: string): string {
  return text
    .replace(MENTION, "$1")
    .replaceAll(/[^\S\n]{2,}/g, " ")
    .trim();
}

/**
 * @param hasContext whether something is attached already, or a command is given.
 * @param open paths of the open files, relative to the workspace folder.
 * @returns undefined when the question is answered without a search.
 */
export function searchWanted(text: string, hasContext: boolean, open: readonly string[]): Wanted | undefined {
  const question = withoutMention(text);
  if (question !== text.trim()) return { question, within: [], leastCoverage: 0 };
  if (hasContext || /^\/\w/.test(question)) return undefined;
  const named = open.filter((path) => names(question, path));
  if (named.length > 0) return { question, within: named, leastCoverage: 0 };
  if (NAME.test(question) || OF_PROJECT.test(question)) {
    return { question, within: [], leastCoverage: LEAST_OF_NAMES };
  }
  const hasEnough = question.split(/\s+/).length >= FEWEST_WORDS;
  return hasEnough ? { question, within: [], leastCoverage: LEAST_OF_OTHERS } : undefined;
}

/** Whether a question names a file, by its path or by its name with the extension. */
function names(question: string, path: string): boolean {
  const name = path.slice(path.lastIndexOf("/") + 1).toLowerCase();
  const asked = question.toLowerCase();
  const at = asked.indexOf(name);
  return (
    name !== "" && at !== -1 && !/[\w.-]/.test(asked[at - 1] ?? " ") && !/[\w-]/.test(asked[at + name.length] ?? " ")
  );
}

const MOST_PIECES = 6;
const MOST_OF_FILE = 2;

/**
 * The pieces that are attached to the question: the best of the best files that fit, and none twice in a conversation.
 *
 * @param found the best first.
 * @param room tokens for all of them.
 * @param read labels of what the model reads already.
 */
export function piecesThatFit(
  found: readonly FoundPiece[],
  { leastCoverage }: Pick<Wanted, "leastCoverage">,
  room: number,
  count: (text: string) => number,
  read: ReadonlySet<string> = new Set(),
): Attachment[] {
  if (!found.some(({ coverage }) => coverage >= leastCoverage && coverage > 0)) return [];
  const chosen: Attachment[] = [];
  const ofFile = new Map<string, number>();
  let left = room;
  for (const piece of found) {
    const attachment = attachmentOf(piece);
    const before = ofFile.get(piece.path) ?? 0;
    if (chosen.length >= MOST_PIECES || before >= MOST_OF_FILE || read.has(attachment.label)) continue;
    const size = count(piece.text);
    if (size > left) continue;
    left -= size;
    ofFile.set(piece.path, before + 1);
    chosen.push(attachment);
  }
  return chosen;
}

function attachmentOf({ path, languageId, first, last, text }: FoundPiece): Attachment {
  const lines = first === last ? `${first}` : `${first}-${last}`;
  return { kind: "selection", label: `${path}:${lines}`, path, languageId, text };
}
