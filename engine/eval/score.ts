/** Scores answers to holes. */
import type { Hole, Kind } from "./hole.ts";

/** An answer to a hole; undefined when nothing was shown. */
export type Answer = string | undefined;

export interface Score {
  holes: number;
  /** Number of holes with an answer. */
  answered: number;
  /** Number of answers that equal the missing text exactly. */
  right: number;
  /** Mean of {@link similarity} over the answers, 0 to 1. */
  similarity: number;
}

/** The part of a suggestion that is compared with a hole of this kind. What the suggestion has after it is ignored. */
export function answerOf(kind: Kind, text: string): string {
  switch (kind) {
    case "line":
      return (text.split("\n", 1)[0] ?? "").trimEnd();
    case "identifier":
      return /^[\p{L}\p{N}_$]*/u.exec(text)?.[0] ?? "";
    case "arguments":
      return beforeCloser(text).trimEnd();
    case "block":
      return text.trimEnd();
  }
}

function beforeCloser(text: string): string {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    if ("([{".includes(text.charAt(i))) depth++;
    else if (")]}".includes(text.charAt(i)) && --depth < 0) return text.slice(0, i);
  }
  return text;
}

/** Scores by group, for instance "ts line"; `groupsOf` names the groups of a hole. */
export function score(
  holes: readonly Hole[],
  answers: readonly Answer[],
  groupsOf: (hole: Hole) => readonly string[],
): Record<string, Score> {
  const scores = new Map<string, Score>();
  for (const [index, hole] of holes.entries()) {
    const answer = answers[index];
    const wanted = hole.middle.trimEnd();
    for (const group of groupsOf(hole)) {
      const sum = scores.get(group) ?? { holes: 0, answered: 0, right: 0, similarity: 0 };
      scores.set(group, sum);
      sum.holes++;
      if (answer === undefined) continue;
      const part = answerOf(hole.kind, answer);
      sum.answered++;
      if (part === wanted) sum.right++;
      sum.similarity += similarity(part, wanted);
    }
  }
  const mean = ({ similarity: sum, ...counts }: Score) => ({
    ...counts,
    similarity: sum / Math.max(1, counts.answered),
  });
  return Object.fromEntries([...scores].map(([group, sum]) => [group, mean(sum)]));
}

/** 1 minus the Levenshtein distance divided by the length of the longer text. */
export function similarity(a: string, b: string): number {
  const longest = Math.max(a.length, b.length);
  if (longest === 0) return 1;
  let above = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = (above[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(swap, (above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    above = row;
  }
  return 1 - (above[b.length] ?? 0) / longest;
}
