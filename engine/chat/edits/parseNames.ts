/** Names out of an answer that lists them. */

const MOST = 5;
const LONGEST = 50;
const IDENTIFIER = /^[\p{L}_$][\p{L}\p{N}_$]*$/u;
const RESERVED = new Set(
  (
    "break case catch class const continue def default delete do elif else enum export extends false finally for from " +
    "function if implements import in interface is let new not null or pass private protected public raise return self " +
    "static struct super switch this throw true try type typeof var void while with yield None True False"
  ).split(" "),
);

type Style = "camel" | "pascal" | "snake" | "upper";

/** At most five, in the order of the answer and the style of the present name; without the present name. */
export function parseNames(answer: string, present: string): string[] {
  const style = styleOf(present);
  const names = answer
    .split(/[\n,;]/)
    .map((line) => line.replace(/^\s*(\d+[.)]|[-*•])\s*/, "").trim())
    // "`total`: the sum" names `total`.
    .map((line) => (/^[`"'*]*([^\s`"'*:()]+)[`"'*]*(\s*(\(\))?\s*($|[-–:]\s.*|\(.*))/u.exec(line) ?? [])[1] ?? "")
    .filter((name) => IDENTIFIER.test(name) && name.length <= LONGEST && !RESERVED.has(name))
    .map((name) => inStyle(name, style))
    .filter((name) => name !== present && IDENTIFIER.test(name));
  return [...new Set(names)].slice(0, MOST);
}

function styleOf(name: string): Style {
  if (/^[A-Z0-9_$]+$/.test(name) && /[A-Z].*[A-Z_]/.test(name)) {
    return "upper";
  }
  if (/^[A-Z]/.test(name)) {
    return "pascal";
  }
  return name.replace(/^_+/, "").includes("_") ? "snake" : "camel";
}

function inStyle(name: string, style: Style): string {
  const words = name.match(/\p{Lu}+(?!\p{Ll})|\p{Lu}?[\p{Ll}\p{N}$]+|\p{Lo}+/gu) ?? [];
  if (words.length < 2 && style === "camel") {
    // One small word fits any style.
    return words.length === 1 && /^\p{Lu}/u.test(name) ? lowered(name) : name;
  }
  const lower = words.map((word) => word.toLowerCase());
  const capital = (word: string) => word.slice(0, 1).toUpperCase() + word.slice(1);
  switch (style) {
    case "upper":
      return lower.join("_").toUpperCase();
    case "snake":
      return lower.join("_");
    case "pascal":
      return lower.map(capital).join("");
    case "camel":
      return lower.map((word, index) => (index === 0 ? word : capital(word))).join("");
  }
}

function lowered(name: string): string {
  return name.slice(0, 1).toLowerCase() + name.slice(1);
}
