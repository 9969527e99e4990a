/**
 * The patterns of .gitignore files (gitignore(5)). Plain data in and out; ignored.ts reads the files.
 */

export interface IgnoreFile {
  /** Folder of the file relative to the workspace folder, with slashes; "" for the workspace folder itself. */
  folder: string;
  text: string;
}

/**
 * Whether git ignores a file.
 *
 * @param files from the workspace folder down; of several patterns that match, the last one decides.
 * @param path relative to the workspace folder, with slashes.
 */
export function isIgnored(files: readonly IgnoreFile[], path: string): boolean {
  const rules = files.flatMap(({ folder, text }) => text.split(/\r?\n/).flatMap((line) => parse(line, folder) ?? []));
  const parts = path.split("/");
  // What lies in an ignored folder cannot be taken back.
  return parts.some((_, index) => {
    const isFolder = index < parts.length - 1;
    const part = parts.slice(0, index + 1).join("/");
    const rule = rules.findLast(({ matches, foldersOnly }) => (isFolder || !foldersOnly) && matches.test(part));
    return rule !== undefined && !rule.isNegated;
  });
}

interface Rule {
  matches: RegExp;
  isNegated: boolean;
  foldersOnly: boolean;
}

function parse(line: string, folder: string): Rule | undefined {
  const trimmed = line.replace(/(?<!\\)\s+$/, "");
  if (trimmed === "" || trimmed.startsWith("#")) {
    return undefined;
  }
  const isNegated = trimmed.startsWith("!");
  const whole = isNegated ? trimmed.slice(1) : trimmed;
  const foldersOnly = whole.endsWith("/");
  const pattern = foldersOnly ? whole.slice(0, -1) : whole;
  // A slash but at the end ties a pattern to the folder of its file.
  const isTied = pattern.includes("/");
  const source = translate(pattern.replace(/^\//, ""));
  const base = folder === "" ? "" : `${literal(folder)}/`;
  try {
    return { matches: new RegExp(`^${base}${isTied ? "" : "(?:.*/)?"}${source}$`), isNegated, foldersOnly };
  } catch {
    // A pattern that is none matches nothing.
    return undefined;
  }
}

/** A glob as the source of a regular expression. */
function translate(glob: string): string {
  let source = "";
  for (let index = 0; index < glob.length; index++) {
    const rest = glob.slice(index);
    const character = glob.charAt(index);
    const set = /^\[([!^]?)((?:\\.|[^\]\\])+)\]/.exec(rest);
    if (rest.startsWith("**/") && (index === 0 || glob[index - 1] === "/")) {
      source += "(?:.*/)?";
      index += 2;
    } else if (rest === "**" && glob[index - 1] === "/") {
      source += ".+";
      index++;
    } else if (character === "*") {
      source += "[^/]*";
      while (glob[index + 1] === "*") index++;
    } else if (character === "?") {
      source += "[^/]";
    } else if (set !== null) {
      source += `(?!/)[${set[1] === "" ? "" : "^"}${(set[2] ?? "").replaceAll("[", "\\[")}]`;
      index += set[0].length - 1;
    } else if (character === "\\" && index + 1 < glob.length) {
      source += literal(glob.charAt(++index));
    } else {
      source += literal(character);
    }
  }
  return source;
}

function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
}
