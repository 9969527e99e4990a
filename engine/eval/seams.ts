/**
 * Finds seams: places in the middle of lines where a suggestion meets a semicolon, a comma, a closing bracket or a
 * blank after the cursor. A suggestion must not repeat that character.
 */

export interface Seam {
  kind: ";" | "," | ")" | "blank";
  /** Offset of the cursor; the text from here to `end` is removed. */
  start: number;
  end: number;
}

const KINDS: readonly { kind: Seam["kind"]; pattern: RegExp }[] = [
  { kind: ";", pattern: /(?<=[=(\s])[^\s;][^;\n]*(?=;)/g },
  { kind: ",", pattern: /(?<=[(,:=]\s?)[^\s,;(][^,;\n]*(?=,)/g },
  { kind: ")", pattern: /(?<=\()[^()\n]+(?=\))/g },
  { kind: "blank", pattern: /(?<=[=(:]\s?)[^\s=(:;,]+(?= [^\s])/g },
];

/** @param count number of places of each kind, or fewer when the text has fewer. */
export function seamsIn(text: string, count: number, random: () => number): Seam[] {
  return KINDS.flatMap(({ kind, pattern }) => {
    const all = [...text.matchAll(pattern)].map(({ index, 0: gap }) => ({
      kind,
      start: index,
      end: index + gap.length,
    }));
    const chosen: Seam[] = [];
    while (chosen.length < count && all.length > 0) {
      chosen.push(...all.splice(Math.floor(random() * all.length), 1));
    }
    return chosen;
  });
}

/** Whether accepting a text would double the character that the rest of the line begins with. */
export function isDoubled(text: string, rest: string): boolean {
  const first = rest.charAt(0);
  if (!text.endsWith(first) || first === "") return false;
  // A text may rightly end with a bracket that it opened itself; only one that it did not open is doubled.
  return first !== ")" || text.split(")").length > text.split("(").length;
}
