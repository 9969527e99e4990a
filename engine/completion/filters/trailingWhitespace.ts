import { type Filter, keep } from "./filter.ts";

/** Takes white space off the end, unless something follows on the line that it separates from. */
export const trailingWhitespace: Filter = ({ text, replaceLength }, context) => {
  const followed = context.restOfLine.slice(replaceLength).trim() !== "";
  return keep(followed ? text : text.trimEnd(), replaceLength);
};
