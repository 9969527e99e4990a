/**
 * Numbers the families of languages for the native index, which finds only text of the same family: TypeScript and
 * JavaScript, C and C++, the kinds of style sheets.
 */
import { languageOf, languageOfPath } from "../text/languages.ts";

const numbers = new Map<string, number>();

/** The number that stands for a family in the native index; the same name has the same number in one process. */
function numberOf(family: string): number {
  const known = numbers.get(family) ?? numbers.size + 1;
  numbers.set(family, known);
  return known;
}

export function familyOfPath(path: string): number {
  return numberOf(languageOfPath(path).family);
}

export function familyOfLanguage(languageId: string): number {
  return numberOf(languageOf(languageId).family);
}
