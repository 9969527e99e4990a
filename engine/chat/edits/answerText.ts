/** The lines of code in an answer, without the fences and the sentences around them. */
import { isFenced } from "../../text/fences.ts";
import { isBlank, linesOf, trimBlank } from "../../text/lines.ts";

const FENCE = /^( {0,3})(`{3,})[ \t]*([\w+#.-]*)[ \t]*$/;

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
function withoutFences(lines: string[], { languageId, fence, original, restIsPaired }: Fencing): string[] | undefined {
  let closing = fence.length;
  let start = 0;
  const first = FENCE.exec(lines[0] ?? "");
  const isText = isFenced(languageId) || FENCE.test(original.find((line) => !isBlank(line)) ?? "");
  if (first !== null && ((first[2]?.length ?? 0) >= fence.length || !isText)) {
    closing = first[2]?.length ?? closing;
    start = 1;
  }
  const end = lines.findIndex((line, index) => index >= start && closes(line, closing));
  if (end === -1) {
    const rest = lines.slice(start);
    return trimBlank(isFenced(languageId) ? withoutShorterEnd(rest, original, restIsPaired) : rest);
  }
  // Another block of code after the first may belong to what was to be written.
  return lines.slice(end + 1).some((line) => FENCE.test(line)) ? undefined : trimBlank(lines.slice(start, end));
}

function closes(line: string, length: number): boolean {
  const [, indent = "", ticks = "", word = ""] = FENCE.exec(line) ?? [];
  return indent === "" && word === "" && ticks.length >= length;
}

/**
 * Removes a surplus fence at the end of prose, where the model closed the block with a shorter fence than the opening
 * one.
 */
function withoutShorterEnd(lines: string[], original: readonly string[], restIsPaired: boolean | undefined): string[] {
  if (!closes(lines.at(-1) ?? "", 3) || lines.length < 2) {
    return lines;
  }
  const isPaired = (all: readonly string[]) => all.filter((line) => FENCE.test(line)).length % 2 === 0;
  return isPaired(lines) === (restIsPaired ?? isPaired(original)) ? lines : lines.slice(0, -1);
}

/** Whether the fences come in pairs. */
export function hasPairedFences(lines: readonly string[]): boolean {
  return lines.filter((line) => /^\s*`{3,}/.test(line)).length % 2 === 0;
}
