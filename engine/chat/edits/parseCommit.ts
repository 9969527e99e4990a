/** A commit message out of an answer, and the part of a diff that a model can read. */

const LONGEST_SUBJECT = 100;

/** The subject, and the body when there is one; "" when the answer holds none. */
export function parseCommit(answer: string): string {
  const text = answer
    .replace(/^\s*```\w*\n?/, "")
    .replace(/\n?```[\s\S]*$/, "")
    .replace(/^\s*(commit message|message|subject)\s*:\s*/i, "")
    .trim();
  const [first = "", ...rest] = text.split("\n");
  const subject = first
    .trim()
    .replace(/^(["'`*]+)(.*)\1$/, "$2")
    .replace(/(?<!\.)\.$/, "")
    .trim();
  if (subject === "" || subject.length > LONGEST_SUBJECT) {
    return "";
  }
  const body = rest.join("\n").trim();
  return body === "" ? subject : `${subject}\n\n${body}`;
}

/**
 * A diff in so many tokens: every file gets its share, so that a large first file does not hide the others.
 *
 * @returns the text, with a line where something was cut.
 */
export function diffWithin(diff: string, room: number, count: (text: string) => number): string {
  if (count(diff) <= room) {
    return diff;
  }
  const files = diff.split(/^(?=diff --git )/m).filter((part) => part.trim() !== "");
  let left = room;
  // The smallest first: what they leave over is for the others.
  const order = files.map((text, index) => ({ text, index, size: count(text) })).sort((a, b) => a.size - b.size);
  const kept = new Map<number, string>();
  for (const [position, { text, index, size }] of order.entries()) {
    const share = left / (order.length - position);
    const piece = size <= share ? text : firstLines(text, share, count);
    kept.set(index, piece);
    left -= count(piece);
  }
  return files.map((_, index) => kept.get(index) ?? "").join("");
}

function firstLines(text: string, room: number, count: (text: string) => number): string {
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
