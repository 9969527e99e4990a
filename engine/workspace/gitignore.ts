/** Whether the .gitignore files of a workspace ignore a path. Plain data in and out; the callers read the files. */
import ignore, { type Ignore } from "ignore";

export interface IgnoreFile {
  /** The folder of the file relative to the workspace folder, with slashes; "" for the workspace folder itself. */
  folder: string;
  text: string;
}

/**
 * Whether git ignores a path.
 *
 * @param files from the workspace folder down; the deepest file with a matching pattern decides.
 * @param path relative to the workspace folder, with slashes.
 * @param ignoresCase git's setting core.ignorecase, which is on where the file system does not tell letters' case apart.
 */
export function isIgnored(files: readonly IgnoreFile[], path: string, ignoresCase = false): boolean {
  const parsed = files.map(({ folder, text }) => ({ folder, rules: rulesOf(text, ignoresCase) }));
  const parts = path.split("/");
  // Nothing inside an ignored folder can be included again.
  return parts.some((_, index) => {
    const isFolder = index < parts.length - 1;
    return decision(parsed, parts.slice(0, index + 1).join("/") + (isFolder ? "/" : "")) === "ignored";
  });
}

function decision(files: readonly { folder: string; rules: Ignore }[], path: string): "ignored" | "included" {
  for (const { folder, rules } of files.toReversed()) {
    const base = folder === "" ? "" : `${folder}/`;
    const relative = path.startsWith(base) ? path.slice(base.length) : "";
    if (relative === "") continue;
    const { ignored, unignored } = rules.test(relative);
    if (ignored || unignored) return ignored ? "ignored" : "included";
  }
  return "included";
}

const parsedRules = new Map<string, Ignore>();
const MAX_PARSED = 200;

/** The rules of a file. They are parsed once, because every keystroke may ask for them. */
function rulesOf(text: string, ignoresCase: boolean): Ignore {
  const key = `${ignoresCase}${text}`;
  let rules = parsedRules.get(key);
  if (rules === undefined) {
    if (parsedRules.size >= MAX_PARSED) parsedRules.clear();
    // Some editors put a byte order mark in front, which git passes over.
    rules = ignore({ ignorecase: ignoresCase, allowRelativePaths: true }).add(text.replace(/^\ufeff/, ""));
    parsedRules.set(key, rules);
  }
  return rules;
}
