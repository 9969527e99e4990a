import { kindAtCursor } from "../../text/codeState.ts";
import { languageOf } from "../../text/languages.ts";
import { drop, type Filter, keep } from "./filter.ts";

/** An operator between two values at the end of a text. No expression ends in this way. */
const DANGLING =
  /(?<!\s)\s*(?:[-+*/%&|^:]=|<-|\.\.=|(?<![+-])[+-]|\*{1,2}|\/|%|&&|\|\||\?\?|[=!]==?|[<>]=|(?<![=\w])=|&|\||\^)\s*$/;

/**
 * If the gate has cut a text after an operator that needs a second value, removes that operator, so that the text ends
 * with a whole expression.
 */
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
