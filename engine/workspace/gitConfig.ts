/**
 * The parts of git's configuration files that say which files are ignored everywhere. Plain text in, plain data out; the
 * format is described in git-config(1), "Configuration file".
 */

export interface ConfigEntry {
  /** Section and name in lower case with a dot between, as in "core.excludesfile". */
  key: string;
  /** The name behind a section, as in `[includeIf "gitdir:~/projects/"]`; "" for none. */
  subsection: string;
  value: string;
}

/** Entries in their order. Lines that git would refuse are passed over. */
export function parseGitConfig(text: string): ConfigEntry[] {
  const entries: ConfigEntry[] = [];
  let section = "";
  let subsection = "";
  for (const line of text.replaceAll(/\\\r?\n/g, "").split(/\r?\n/)) {
    const header = /^\s*\[\s*([\w.-]+)\s*(?:"((?:[^"\\]|\\.)*)")?\s*\]/.exec(line);
    if (header !== null) {
      section = (header[1] ?? "").toLowerCase();
      subsection = (header[2] ?? "").replaceAll(/\\(.)/g, "$1");
    }
    const rest = header === null ? line : line.slice(header[0].length);
    const [, name, value = ""] = /^\s*([a-z][\w-]*)\s*=(.*)$/i.exec(rest) ?? [];
    if (name === undefined) continue;
    entries.push({ key: `${section}.${name.toLowerCase()}`, subsection, value: plainValue(value) });
  }
  return entries;
}

const ESCAPES: Record<string, string> = { n: "\n", t: "\t", b: "\b" };

/** Without quotes, comments, and blanks around it. */
function plainValue(raw: string): string {
  let value = "";
  /** Length up to the last character that is no unquoted blank. */
  let kept = 0;
  let isQuoted = false;
  for (let at = 0; at < raw.length; at++) {
    const char = raw[at] ?? "";
    if (!isQuoted && (char === "#" || char === ";")) break;
    if (char === '"') {
      isQuoted = !isQuoted;
      continue;
    }
    if (!isQuoted && value === "" && /\s/.test(char)) continue;
    const next = raw[at + 1] ?? "";
    value += char === "\\" ? (ESCAPES[next] ?? next) : char;
    if (char === "\\") at++;
    if (isQuoted || !/\s/.test(char)) kept = value.length;
  }
  return value.slice(0, kept);
}
