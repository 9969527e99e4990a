import { drop, type Filter, keep } from "./filter.ts";

/** Refuses what would show as nothing. */
export const onlyWhitespace: Filter = ({ text, replaceLength }) =>
  text.trim() === "" ? drop(text === "" ? "model-silent" : "only-whitespace") : keep(text, replaceLength);
