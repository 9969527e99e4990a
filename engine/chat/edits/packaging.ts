/** Removes what some models put round the lines of code themselves: the numbers of the lines, and entities of HTML. */
import { indentOf, isBlank } from "../../text/lines.ts";
import { scan } from "../../text/scanner.ts";
import { stateBehind } from "./brackets.ts";

const NUMBER = /^\s*(\d+)(?:\s*[|│:] ?|\t| |$)/;

/**
 * The lines without their numbers. They are numbers of lines when they count up by one and some of what stands behind
 * them is in the file, while no line is there with its number.
 *
 * @param file lines of the place and around it.
 */
export function withoutNumbers(lines: readonly string[], file: readonly string[]): readonly string[] {
  const [first] = lines;
  const start = Number(NUMBER.exec(first ?? "")?.[1] ?? Number.NaN);
  if (lines.length < 2 || !lines.every((line, index) => Number(NUMBER.exec(line)?.[1]) === start + index)) {
    return lines;
  }
  const bare = lines.map((line) => line.replace(NUMBER, ""));
  const places = new Map(file.filter((line) => /\w/.test(line)).map((line) => [line.trim(), line]));
  const known = bare.flatMap((line) => places.get(line.trim()) ?? []);
  const [same] = known;
  if (same === undefined || lines.some((line) => places.has(line.trim()))) {
    return lines;
  }
  // White space that stands between the numbers and the code is no indentation.
  const like = bare.find((line) => line.trim() === same.trim()) ?? "";
  const excess = indentOf(like).length - indentOf(same).length;
  const isExcess = excess > 0 && bare.every((line) => isBlank(line) || indentOf(line).length >= excess);
  return isExcess ? bare.map((line) => line.slice(excess)) : bare;
}

const ENTITY = /&(?:lt|gt|amp|quot|apos|#39);/g;
const CHARACTERS: Readonly<Record<string, string>> = {
  "&lt;": "<",
  "&gt;": ">",
  "&amp;": "&",
  "&quot;": '"',
  "&apos;": "'",
  "&#39;": "'",
};
/** Languages in which an entity stands in strings and comments only. */
const WITHOUT_MARKUP = new Set(
  "typescript javascript python c cpp csharp java kotlin scala groovy dart swift go rust ruby lua shellscript sql".split(
    " ",
  ),
);

/**
 * The lines with the characters themselves, where an entity stands in the middle of code.
 *
 * @param before the lines of the file above the place: they tell whether it is inside of a string or a comment.
 */
export function withoutEntities(
  lines: readonly string[],
  languageId: string,
  before: readonly string[],
): readonly string[] {
  const text = lines.join("\n");
  if (!WITHOUT_MARKUP.has(languageId) || !/&(?:lt|gt|amp);/.test(text)) return lines;
  const { tokens } = scan(text, languageId, stateBehind(before, languageId));
  const texts = tokens.filter(({ kind }) => kind === "string" || kind === "comment");
  const isInCode = Array.from(text.matchAll(ENTITY)).some(
    ({ index }) => !texts.some(({ start, end }) => start <= index && end > index),
  );
  return isInCode ? text.replaceAll(ENTITY, (entity) => CHARACTERS[entity] ?? entity).split("\n") : lines;
}
