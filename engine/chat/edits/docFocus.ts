/** What of the lines in question is documented, and in which language they are written. */
import type { LineSpan } from "../../protocol/tasks.ts";
import { languageOf } from "../../text/languages.ts";
import { isBlank } from "../../text/lines.ts";
import { isOfFile } from "./directives.ts";

/** Lines that come before everything else in a file. */
const HEAD =
  /^(?:#!|\s*<\?(?:php|xml|=)|\s*<!doctype\b|\s*(["'])use [\w ]+\1;?\s*$|\s*@charset\b|\s*@file:|%YAML\b|---\s*$|\uFEFF?#!)/i;

/**
 * The lines without those at their beginning that have to stay where they are, such as an interpreter or a licence, and
 * without the comments on the code, which documentation replaces or goes below.
 */
export function documentedLines(languageId: string, lines: readonly string[], focus: LineSpan): LineSpan {
  const { comment, doc } = languageOf(languageId);
  const marks = [comment[0].trim(), doc.below ? "" : doc.line.trim()].filter((mark) => mark !== "" && mark !== "*");
  const isComment = (line: string) => marks.some((mark) => line.trimStart().startsWith(mark));
  let at = focus.start;
  while (at < focus.end) {
    const line = lines[at] ?? "";
    if (at === 0 && /^---\s*$/.test(line) && lines.indexOf("---", 1) > 0) {
      at = lines.indexOf("---", 1) + 1;
    } else if (
      isBlank(line) ||
      HEAD.test(line) ||
      isComment(line) ||
      (languageId === "rust" && /^\s*#!\[/.test(line))
    ) {
      at++;
    } else {
      const end = commentEnd(lines, at);
      if (end === undefined) break;
      at = end;
    }
  }
  // Comments alone are what is documented.
  return at >= focus.end ? { start: belowHead(lines, focus), end: focus.end } : { start: at, end: focus.end };
}

/** The line behind a block comment that begins on this line and has no code behind it. */
function commentEnd(lines: readonly string[], at: number): number | undefined {
  const [, open = ""] = /^\s*(\/\*|<!--)/.exec(lines[at] ?? "") ?? [];
  if (open === "") return undefined;
  const close = open === "/*" ? "*/" : "-->";
  const last = lines.findIndex((line, index) => index >= at && line.includes(close));
  return last !== -1 && (lines[last] ?? "").trimEnd().endsWith(close) ? last + 1 : undefined;
}

function belowHead(lines: readonly string[], { start, end }: LineSpan): number {
  let at = start;
  const isHead = (line: string) => HEAD.test(line) || isOfFile(line.replace(/^\s*(?:\/\/|#|--|;+)/, ""));
  while (at < end && isHead(lines[at] ?? "")) {
    at++;
  }
  return at < end ? at : start;
}

/**
 * The language at a line of a file that has scripts and styles between its tags; the file's own language anywhere else.
 */
export function languageAt(languageId: string, lines: readonly string[], at: number): string {
  if (!/^(?:html|vue|svelte|astro)$/.test(languageId)) return languageId;
  for (let index = at - 1; index >= 0; index--) {
    const line = lines[index] ?? "";
    if (/<\/(?:script|style)\s*>/i.test(line)) return languageId;
    const [, tag = "", attributes = ""] = /<(script|style)\b([^>]*)>/i.exec(line) ?? [];
    if (tag === "") continue;
    if (/^style$/i.test(tag)) return /\blang=["']?(scss|less)/.exec(attributes)?.[1] ?? "css";
    if (/\btype=["'](?!module|text\/(?:java|type)script|application\/javascript)/.test(attributes)) return languageId;
    return /\blang=["']?ts/.test(attributes) ? "typescript" : "javascript";
  }
  return languageId;
}
