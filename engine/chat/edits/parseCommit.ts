/** Finds the commit message in an answer, and cuts a diff to the length that a model can read. */

const LONGEST_SUBJECT = 100;

/** The subject, and the body if there is one; "" when the answer contains none. */
export function parseCommit(answer: string): string {
  const text = unquotedWhole(withoutIntroduction(withoutFence(answer)));
  const [first = "", ...others] = text.split(/\r?\n/);
  const isList = others.some((line) => /^[-*]\s/.test(line));
  const rest = LABEL.test(first) ? others.map((line) => line.replace(BODY_LABEL, "")) : others;
  const bare = first.replace(LABEL, "").replace(isList ? /^(?:#{1,6}|>)\s+/ : /^(?:#{1,6}|>|[-*]|\d+\.)\s+/, "");
  const subject = unquoted(bare.trim())
    .replace(/(?<!\.)\.$/, "")
    .trim();
  if (subject === "" || subject.length > LONGEST_SUBJECT || /^`{3,}/.test(subject)) {
    return "";
  }
  const body = rest
    .join("\n")
    .replace(/^(\s*\n)+/, "")
    .trimEnd();
  return body === "" ? subject : `${subject}\n\n${body}`;
}

/** What models write before the subject, and before the body. */
const LABEL =
  /^[*_#\s]*(?:(?:git )?commit(?: message| title| subject)?|message|subject(?: line)?|title|summary)\s*[*_]*:[*_\s]*/i;
const BODY_LABEL = /^[*_]*(?:body|description|details)\s*[*_]*:[*_\s]*/i;
/** A line that only says that the message comes. */
const INTRODUCTION =
  /^[*_#\s]*(?:(?:sure|certainly|of course|okay|ok)\b[!,.]?\s*)?(?:(?:here(?:'s|’s| is| are)|this is|below is)\b.*[:.]|(?:the |a )?(?:git )?(?:commit|commit message|message|subject)\s*[*_]*:?|(?:sure|certainly|of course|okay|ok)\b[!.]?)[*_\s]*$/i;

/** The message behind lines that announce it, and out of the block or the command that it stands in then. */
function withoutIntroduction(message: string): string {
  const lines = message.trim().split(/\r?\n/);
  let start = 0;
  while (start < lines.length - 1 && (lines[start]?.trim() === "" || INTRODUCTION.test(lines[start] ?? ""))) start++;
  const isAnnounced = start > 0 && start < lines.length;
  const text = lines.slice(start).join("\n").trim();
  const options = /^git commit\b/.test(text) ? text.matchAll(/\s-m\s+(["'])(.*?)\1(?=\s|$)/gs) : [];
  const parts = Array.from(options, ([, , part = ""]) => part);
  if (parts.length > 0) return parts.join("\n\n");
  return isAnnounced && /^(?:`{3,}|~{3,})/.test(text) ? withoutFence(text) : text;
}

/** The message without quotes around all of it. */
function unquotedWhole(message: string): string {
  const [, , inner] = /^(["“])([^"“”]*)["”]$/s.exec(message.trim()) ?? [];
  return (inner ?? message).trim();
}

/**
 * The message without the block of code around it. Whatever follows the block is dropped; blocks inside the message
 * stay.
 */
function withoutFence(answer: string): string {
  const lines = answer.trim().split(/\r?\n/);
  const opening = /^(`{3,}|~{3,})[\w-]*\s*$/.exec(lines[0] ?? "")?.[1];
  if (opening === undefined) {
    // A single fence ends a block that was never opened: the model treated its message as one.
    const fences = lines.flatMap((line, index) => (/^\s*`{3,}/.test(line) ? [index] : []));
    const [only] = fences;
    const isLone = fences.length === 1 && /^`{3,}\s*$/.test(lines[only ?? 0] ?? "");
    return isLone ? lines.slice(0, only).join("\n") : lines.join("\n");
  }
  let isInside = false;
  for (const [index, line] of lines.entries()) {
    const [, ticks = "", word = ""] = /^(`{3,}|~{3,})([\w-]*)\s*$/.exec(line) ?? [];
    if (index === 0 || ticks[0] !== opening[0]) continue;
    if (!isInside && word === "" && ticks.length >= opening.length) {
      return lines.slice(1, index).join("\n");
    }
    isInside = word !== "" || !isInside;
  }
  return lines.slice(1).join("\n");
}

/** Removes quotes around the whole text, but not those of its first and last word. */
function unquoted(text: string): string {
  const [, quotes = "", inner = ""] = /^(["'`*]+)(.*)\1$/.exec(text) ?? [];
  return quotes !== "" && !inner.includes(quotes) ? inner : text;
}

/**
 * Cuts a diff to this many tokens. Every file gets its share, so that a large first file does not hide the others.
 *
 * @returns the text, with a line at each place where something was cut.
 */
export function diffWithin(diff: string, room: number, count: (text: string) => number): string {
  if (count(diff) <= room) {
    return diff;
  }
  const files = diff.split(/^(?=diff --git )/m).filter((part) => part.trim() !== "");
  let left = room;
  // The smallest come first, so that the others get what they leave over.
  const order = files.map((text, index) => ({ text, index, size: count(text) })).sort((a, b) => a.size - b.size);
  const kept = new Map<number, string>();
  for (const [position, { text, index, size }] of order.entries()) {
    const share = left / (order.length - position);
    const piece = size <= share ? text : linesThatFit(text, share, count);
    kept.set(index, piece);
    left -= count(piece);
  }
  return files.map((_, index) => kept.get(index) ?? "").join("");
}

/** The first lines that fit into this many tokens, with a line that says that there were more. */
function linesThatFit(text: string, room: number, count: (text: string) => number): string {
  const cut = "(more lines)\n";
  let used = count(cut);
  const kept: string[] = [];
  for (const line of text.split(/(?<=\n)/)) {
    used += count(line);
    if (used > room) {
      break;
    }
    kept.push(line);
  }
  return kept.join("") + cut;
}
