import { type Filter, keep } from "./filter.ts";

/** Removes white space from the end, unless it separates the text from something that follows on the line. */
export const trailingWhitespace: Filter = ({ text, replaceLength }, context) => {
  const followed = context.restOfLine.slice(replaceLength).trim() !== "";
  return keep(followed ? text : text.trimEnd(), replaceLength);
};
