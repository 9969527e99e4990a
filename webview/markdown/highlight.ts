/** Colours code. It knows a small set of languages, because every user loads all of them. */
import hljs from "highlight.js/lib/core";
import bash from "highlight.js/lib/languages/bash";
import c from "highlight.js/lib/languages/c";
import cpp from "highlight.js/lib/languages/cpp";
import csharp from "highlight.js/lib/languages/csharp";
import css from "highlight.js/lib/languages/css";
import diff from "highlight.js/lib/languages/diff";
import go from "highlight.js/lib/languages/go";
import java from "highlight.js/lib/languages/java";
import javascript from "highlight.js/lib/languages/javascript";
import json from "highlight.js/lib/languages/json";
import python from "highlight.js/lib/languages/python";
import rust from "highlight.js/lib/languages/rust";
import sql from "highlight.js/lib/languages/sql";
import typescript from "highlight.js/lib/languages/typescript";
import xml from "highlight.js/lib/languages/xml";
import yaml from "highlight.js/lib/languages/yaml";
import { sanitized } from "./sanitize.ts";

const LANGUAGES = {
  bash,
  c,
  cpp,
  csharp,
  css,
  diff,
  go,
  java,
  javascript,
  json,
  python,
  rust,
  sql,
  typescript,
  xml,
  yaml,
};
for (const [name, language] of Object.entries(LANGUAGES)) {
  hljs.registerLanguage(name, language);
}
hljs.registerAliases(["javascriptreact"], { languageName: "javascript" });
hljs.registerAliases(["typescriptreact"], { languageName: "typescript" });
hljs.registerAliases(["shellscript"], { languageName: "bash" });

/** Longer code is not coloured, because that would take longer than a frame. */
const LONGEST = 20_000;
const LONGEST_LINE = 2_000;

/** @returns undefined when the code stays without colours: an unknown language, or too much of it. */
export function highlighted(code: string, language: string): DocumentFragment | undefined {
  if (code.length > LONGEST || hljs.getLanguage(language) === undefined) {
    return undefined;
  }
  if (code.split("\n").some((line) => line.length > LONGEST_LINE)) {
    return undefined;
  }
  return sanitized(hljs.highlight(code, { language, ignoreIllegals: true }).value);
}
