import { drop, type Filter, keep } from "./filter.ts";

/** Drops a text in which nothing is visible. */
export const onlyWhitespace: Filter = ({ text, replaceLength }) =>
  text.trim() === "" ? drop(text === "" ? "model-silent" : "only-whitespace") : keep(text, replaceLength);
