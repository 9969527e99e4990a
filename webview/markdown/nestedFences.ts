/**
 * Blocks of code that contain Markdown. A model writes ```markdown, blocks of code inside it, and one ``` at the end.
 * By Markdown's rules the first ``` inside would end the outer block. Here a fence with a word opens a block inside,
 * and the next fence without a word ends that block.
 */

const FENCE = /^ {0,3}(`{3,}|~{3,})[ \t]*([^\s`]*)[^`]*$/;
const TEXT_LANGUAGES = new Set(["markdown", "md", "mdx"]);

export interface InsideFence {
  /** The fence that opened the block. */
  mark: string;
  /** The first word after that fence. */
  language: string;
  /** Whether a block inside it is open. */
  isNested: boolean;
}

/** Whether a line ends the block of code that it is in. Remembers in `inside` what is open there. */
export function endsBlock(line: string, inside: InsideFence): boolean {
  const trimmed = line.trim();
  const isMark = trimmed.startsWith(inside.mark) && /^(`+|~+)$/.test(trimmed);
  if (!TEXT_LANGUAGES.has(inside.language.toLowerCase())) {
    return isMark;
  }
  const [, mark = "", word = ""] = FENCE.exec(line) ?? [];
  if (!inside.isNested && word !== "" && mark[0] === inside.mark[0]) {
    inside.isNested = true;
  } else if (inside.isNested && /^(`{3,}|~{3,})$/.test(trimmed)) {
    inside.isNested = false;
  } else {
    return isMark;
  }
  return false;
}

/** The text with longer fences around blocks that contain others, so that any reader of Markdown finds their ends. */
export function withLongFences(text: string): string {
  const lines = text.split("\n");
  let inside: (InsideFence & { line: number; longest: number }) | undefined;
  for (const [index, line] of lines.entries()) {
    const [, mark = "", language = ""] = FENCE.exec(line) ?? [];
    if (inside === undefined) {
      if (mark !== "") inside = { mark, language, isNested: false, line: index, longest: 0 };
    } else if (endsBlock(line, inside)) {
      lengthen(lines, inside.line, index, inside);
      inside = undefined;
    } else if (inside.isNested && mark[0] === inside.mark[0]) {
      inside.longest = Math.max(inside.longest, mark.length);
    }
  }
  if (inside !== undefined) {
    lengthen(lines, inside.line, undefined, inside);
  }
  return lines.join("\n");
}

function lengthen(
  lines: string[],
  open: number,
  close: number | undefined,
  { mark, longest }: { mark: string; longest: number },
) {
  if (longest < mark.length) {
    return;
  }
  const fence = (mark[0] ?? "`").repeat(longest + 1);
  lines[open] = (lines[open] ?? "").replace(mark, fence);
  if (close !== undefined) {
    lines[close] = fence;
  }
}
