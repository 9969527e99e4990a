/**
 * Finds how much of a growing Markdown text is finished: whole blocks that nothing written later can change. Those are
 * rendered once; only what follows them is rendered again as it grows.
 */

import { endsBlock, type InsideFence } from "./nestedFences.ts";

export interface OpenFence {
  /** Offset of the line after the opening one. */
  start: number;
  /** First word behind the opening fence. */
  language: string;
}

export interface Progress {
  /** Everything before it is finished. */
  stable: number;
  /** Present when what follows `stable` is a block of code whose end has not come yet. */
  fence?: OpenFence;
}

/** A paragraph without end is cut here, at a space: rendering it again and again would take ever longer. */
const LONGEST_TAIL = 4_000;

const FENCE = /^( {0,3})(`{3,}|~{3,})([^\n]*)$/;
const LIST_ITEM = /^ {0,3}([-*+]|\d{1,9}[.)])(\s|$)/;

/**
 * @param text all of it so far.
 * @param from where the first unfinished block begins: `stable` of an earlier call with the beginning of this text.
 * @param whole nothing more will come.
 */
export function finishedBlocks(text: string, from: number, whole: boolean): Progress {
  let stable = from;
  let inList = false;
  let hasText = false;
  let afterBlank = false;
  /** The fence inside of which a line is, with the offset of its first line. */
  let fence: (InsideFence & { top: boolean; start: number; opening: number }) | undefined;
  let at = from;
  while (at < text.length) {
    const newline = text.indexOf("\n", at);
    const isComplete = newline !== -1;
    const next = isComplete ? newline + 1 : text.length;
    const line = text.slice(at, isComplete ? newline : undefined).replace(/\r$/, "");
    if (fence !== undefined) {
      if (isComplete || whole) {
        if (endsBlock(line, fence)) {
          if (fence.top) {
            stable = next;
            hasText = false;
          }
          fence = undefined;
        }
      }
      at = next;
      continue;
    }
    const isBlank = line.trim() === "";
    if (isBlank) {
      // A list may go on after a blank line; anything else is over.
      if (isComplete && hasText && !inList) {
        stable = next;
        hasText = false;
      } else if (isComplete && !hasText) {
        stable = next;
      }
      afterBlank = true;
    } else {
      if (!isComplete && !whole && !isDecided(line)) {
        break;
      }
      const leavesList = inList && afterBlank && !/^\s/.test(line) && !LIST_ITEM.test(line);
      const opening = FENCE.exec(inList && !leavesList ? line.trimStart() : line);
      const top = !inList || leavesList;
      const isFence =
        opening !== null && (isComplete || whole) && !(opening[2]?.[0] === "`" && opening[3]?.includes("`"));
      if (hasText && (leavesList || (isFence && top))) {
        stable = at;
        hasText = false;
        inList = false;
      }
      if (!hasText) {
        inList = LIST_ITEM.test(line);
      }
      hasText = true;
      afterBlank = false;
      if (isFence && opening?.[2] !== undefined) {
        const language = (opening[3] ?? "").trim().split(/\s+/)[0] ?? "";
        fence = { mark: opening[2], top, start: next, language, opening: at, isNested: false };
      }
    }
    at = next;
  }
  if (whole) {
    return { stable: text.length };
  }
  if (fence?.top && fence.opening === stable) {
    return { stable, fence: { start: fence.start, language: fence.language } };
  }
  if (fence === undefined && text.length - stable > LONGEST_TAIL) {
    const space = text.lastIndexOf(" ", text.length - 1);
    return { stable: space > stable ? space : text.length };
  }
  return { stable };
}

/** The blocks of a text that is whole, in order: each is rendered by itself. */
export function blocksOf(text: string): string[] {
  const blocks: string[] = [];
  let start = 0;
  for (let end = 0; end < text.length; ) {
    const newline = text.indexOf("\n", end);
    end = newline === -1 ? text.length : newline + 1;
    const { stable } = finishedBlocks(text.slice(0, end), start, false);
    if (stable > start) {
      blocks.push(text.slice(start, stable));
      start = stable;
    }
  }
  if (start < text.length) {
    blocks.push(text.slice(start));
  }
  return blocks;
}

/** Whether the beginning of a line tells that it is, or is not, an item of a list or a fence. */
function isDecided(line: string): boolean {
  return line.length > 12 || /^ {0,3}[^\s`~\-*+\d]/.test(line) || /^ {0,3}\S+\s/.test(line);
}
