import { isClosers } from "../../text/closers.ts";
import { type CursorContext, lineBefore, textAbove } from "../../text/cursor.ts";
import { languageOf } from "../../text/languages.ts";
import { type DeclaredReturn, declaredReturn } from "../declaredReturn.ts";
import { kindOfType, kindOfValue, skeletonOf } from "../valueKind.ts";
import { drop, type Filter, keep } from "./filter.ts";

const RETURN = /^(?:|.*[\s{};])return\s+(?=\S)/;

/**
 * Drops a returned value that contradicts what the function declares to return: a value of another kind, a call of a
 * function in this file that declares another type, or, in Go, more or fewer values than declared. Where the declaration
 * or the value cannot be read, the text is kept.
 */
export const returnType: Filter = ({ text, replaceLength, whole = text }, context) => {
  const [line = ""] = (whole.startsWith(text) ? whole : text).split("\n");
  const written = lineBefore(context.prefix) + line;
  const head = RETURN.exec(written)?.[0];
  if (head === undefined || !isClosers(context.restOfLine)) return keep(text, replaceLength);
  const { family } = languageOf(context.languageId);
  const declared = declaredReturn(textAbove(context.prefix) + head.replace(/return\s+$/, ""), family);
  const value = written
    .slice(head.length)
    .replace(/(?<!\s)\s*(?:;\s*)?(?:\}\s*)?$/, (end) => (end.includes(";") ? "" : end.trimEnd()));
  return declared !== undefined && contradicts(declared, value, context)
    ? drop("wrong-type")
    : keep(text, replaceLength);
};

function contradicts(declared: DeclaredReturn, value: string, context: CursorContext): boolean {
  if (declared.kind === "count") return isOtherCount(declared.count, value, context);
  const wanted = kindOfType(declared.type);
  const found = kindOfValue(value, context.languageId);
  if (wanted !== undefined && found !== undefined) return wanted !== found;
  const type = typeOfCall(value, context);
  return type !== undefined && differ(declared.type, type);
}

/** Whether a return of Go has another number of values than declared. A call alone may return several values. */
function isOtherCount(count: number, value: string, { languageId }: CursorContext): boolean {
  const skeleton = skeletonOf(value, languageId);
  if (skeleton === undefined) return false;
  const values = skeleton.split(",").length;
  return values !== count && !(values === 1 && skeleton.endsWith("()"));
}

/**
 * The type that a function of this file declares to return, if the value is a call of it. Where the function has a type
 * parameter and the call names a type for it, that type is inserted.
 */
function typeOfCall(value: string, context: CursorContext): string | undefined {
  const call = /^(await\s+)?(?:this\.|self\.)?([\p{L}_$][\p{L}\p{N}_$]*)(?:<([^<>()]+)>)?\(.*\)$/u.exec(value);
  const [, awaits, name, argument] = call ?? [];
  if (name === undefined || skeletonOf(value, context.languageId)?.match(/\(\)/g)?.length !== 1) return undefined;
  const document = `${textAbove(context.prefix)}\n${context.below ?? ""}`;
  const escaped = name.replaceAll("$", "\\$");
  const declaration = new RegExp(
    `(?:^|\\s)${escaped}(?:<(\\w+)>)?\\([^\\n]*\\)\\s*(?::|->)\\s*([^{}=\\n:]+?)\\s*(?:\\{|:\\s*$)`,
    "gm",
  );
  const [only, ...others] = [...document.matchAll(declaration)];
  const [, parameter, type = ""] = only ?? [];
  if (only === undefined || others.length > 0 || (parameter !== undefined && argument === undefined)) return undefined;
  const given = parameter === undefined ? type : type.replaceAll(new RegExp(`\\b${parameter}\\b`, "g"), argument ?? "");
  return awaits === undefined ? given : (/^Promise<(.*)>$/.exec(given)?.[1] ?? given);
}

/** Whether two types cannot be the same. Types with names of their own may be, because one may be defined as the other. */
function differ(declared: string, found: string): boolean {
  const [inner, given] = [declared, found].map((type) => /^Promise<(.*)>$/.exec(type)?.[1]);
  if (inner !== undefined && given !== undefined) return differ(inner, given);
  const [one, other] = [kindOfType(declared), kindOfType(found)];
  if (one !== undefined && other !== undefined) return one !== other;
  if (one === "nothing") return !/\b(?:any|unknown|never|undefined|void)\b/.test(found);
  return found === `${declared}[]` || declared === `${found}[]`;
}
