/** The lines of code in an answer, without the fences and the sentences around them. */
import { isFenced } from "../../text/fences.ts";
import { isBlank, linesOf, trimBlank } from "../../text/lines.ts";
import { isRemark } from "./talk.ts";

/** A line that opens or closes a block of code: its indentation, its mark, and what the block is said to be. */
const FENCE = /^([ \t]*)(`{3,}|~{3,})[ \t]*([^`]*?)[ \t]*$/;
/** In prose only backticks wrap the answer; tildes belong to the text. */
const BACKTICKS = /^( {0,3})(`{3,})[ \t]*([\w+#.-]*)[ \t]*$/;

export interface Fencing {
  languageId: string;
  /** The fence that the answer was begun with; "" for code without fences. */
  fence: string;
  /** The lines that are in the place now. */
  original: readonly string[];
  /** Whether the fences in the rest of the file come in pairs; undefined when the rest is not known. */
  restIsPaired?: boolean;
}

/**
 * @returns the lines from the first to the last that is not blank; undefined when it is unclear which lines are meant.
 */
export function answerLines(answer: string, fencing: Fencing): string[] | undefined {
  const lines = trimBlank(linesOf(answer));
  return fencing.fence === "" ? lines : withoutFences(lines, fencing);
}

/**
 * Some models open a fence although one is open, close the one that was opened for them, and then go on with sentences.
 */
function withoutFences(lines: string[], fencing: Fencing): string[] | undefined {
  const { languageId, original } = fencing;
  const isText = isFenced(languageId) || FENCE.test(original.find((line) => !isBlank(line)) ?? "");
  return isText ? ofText(lines, fencing) : ofCode(unquoted(lines), fencing.fence);
}

function ofText(lines: string[], { languageId, fence, original, restIsPaired }: Fencing): string[] | undefined {
  if (isFenced(languageId) && isWrapped(lines)) {
    return trimBlank(lines.slice(1, -1));
  }
  const first = BACKTICKS.exec(lines[0] ?? "")?.[2] ?? "";
  const [start, closing] = first.length >= fence.length ? [1, first.length] : [0, fence.length];
  const end = lines.findIndex((line, index) => index >= start && closes(line, closing));
  if (end === -1) {
    const rest = lines.slice(start);
    return trimBlank(isFenced(languageId) ? withoutShorterEnd(rest, original, restIsPaired) : rest);
  }
  // Another block of code after the first may belong to what was to be written.
  return lines.slice(end + 1).some((line) => BACKTICKS.test(line)) ? undefined : trimBlank(lines.slice(start, end));
}

/** Sentences may come before the fence that a model opens, and the whole block may be indented. */
function ofCode(lines: string[], fence: string): string[] | undefined {
  const at = lines.findIndex((line) => FENCE.test(line));
  const [, indent = "", mark = fence, info = ""] = FENCE.exec(lines[at] ?? "") ?? [];
  const opens =
    at === 0 || (at > 0 && info !== "" && lines.slice(0, at).every((line) => isBlank(line) || isRemark(line)));
  const start = opens ? at + 1 : 0;
  const closing = opens ? mark : fence;
  const end = lines.findIndex((line, index) => {
    const [, depth = "", ticks = "", word = ""] = FENCE.exec(line) ?? [];
    const isOfBlock = ticks[0] === closing[0] && ticks.length >= closing.length;
    return index >= start && isOfBlock && word === "" && (opens ? depth === indent : depth === "");
  });
  const block = lines.slice(start, end === -1 ? undefined : end);
  if (end !== -1 && lines.slice(end + 1).some((line) => FENCE.test(line))) {
    return undefined;
  }
  const isInside = (line: string) => opens && line.startsWith(indent);
  return trimBlank(block.map((line) => (isInside(line) ? line.slice(indent.length) : line)));
}

/** The lines without the marks of a quotation, where a block of code is quoted as a whole. */
function unquoted(lines: string[]): string[] {
  const isQuoted = /^>\s*[`~]{3}/.test(lines[0] ?? "") && lines.every((line) => isBlank(line) || line.startsWith(">"));
  return isQuoted ? lines.map((line) => line.replace(/^> ?/, "")) : lines;
}

function closes(line: string, length: number): boolean {
  const [, indent = "", ticks = "", word = ""] = BACKTICKS.exec(line) ?? [];
  return indent === "" && word === "" && ticks.length >= length;
}

/** Whether a text stands in a block of its own language that its inner blocks would close too early. */
function isWrapped(lines: readonly string[]): boolean {
  const [, , ticks = "", word = ""] = BACKTICKS.exec(lines[0] ?? "") ?? [];
  const isOwn = /^(markdown|md|mdx)$/i.test(word) && closes(lines.at(-1) ?? "", ticks.length);
  return isOwn && isOpenAtEnd(lines) && !isOpenAtEnd(lines.slice(1, -1));
}

/** Whether a block of code is still open behind these lines of a text. */
function isOpenAtEnd(lines: readonly string[]): boolean {
  let open = "";
  for (const line of lines) {
    const [, , mark = "", info = ""] = FENCE.exec(line) ?? [];
    if (mark === "") continue;
    if (open === "") open = mark;
    else if (info === "" && mark.startsWith(open)) open = "";
  }
  return open !== "";
}

/**
 * Removes a surplus fence at the end of prose, where the model closed the block with a shorter fence than the opening
 * one.
 */
function withoutShorterEnd(lines: string[], original: readonly string[], restIsPaired: boolean | undefined): string[] {
  if (!closes(lines.at(-1) ?? "", 3) || lines.length < 2) {
    return lines;
  }
  return hasPairedFences(lines) === (restIsPaired ?? hasPairedFences(original)) ? lines : lines.slice(0, -1);
}

/** Whether the fences come in pairs. */
export function hasPairedFences(lines: readonly string[]): boolean {
  return lines.filter((line) => /^\s*`{3,}[^`]*$/.test(line)).length % 2 === 0;
}
