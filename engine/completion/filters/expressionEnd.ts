import { kindAtCursor } from "../../text/codeState.ts";
import { languageOf } from "../../text/languages.ts";
import { drop, type Filter, keep } from "./filter.ts";

/** What an expression cannot end with: operators between two values. */
const DANGLING = /\s*(?:(?<![+-])[+-]|\*{1,2}|\/|%|&&|\|\||\?\?|[=!]==?|[<>]=|(?<![=\w])=|&|\||\^)\s*$/;

/** Ends a text that the gate has cut where an expression ends: not after an operator that waits for its second value. */
export const expressionEnd: Filter = ({ text, replaceLength, whole = text }, context) => {
  const isCut = text.length < whole.length && whole.startsWith(text);
  const { syntax } = languageOf(context.languageId);
  if (!isCut || syntax === undefined || syntax.brackets === "" || !DANGLING.test(text)) {
    return keep(text, replaceLength);
  }
  if (kindAtCursor({ ...context, prefix: context.prefix + text }) !== "code") return keep(text, replaceLength);
  const kept = text.replace(DANGLING, "");
  return kept.trim() === "" ? drop("unsure") : keep(kept, replaceLength);
};
