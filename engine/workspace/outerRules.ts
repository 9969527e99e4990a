/**
 * What git ignores by rules that are outside of the opened folder or in none of its .gitignore files: .gitignore files of
 * the folders above it in the same repository, .git/info/exclude, and the file that core.excludesFile names. Git's order
 * is kept (gitignore(5)): of these, the .gitignore files count most and the last one least.
 */
import { readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { parseGitConfig } from "./gitConfig.ts";
import { type IgnoreFile, isIgnored } from "./gitignore.ts";

export interface OuterRules {
  /** Path of the opened folder in its repository, with slashes; "" where it is the top folder, or in no repository. */
  inner: string;
  /** Folders are relative to the top folder of the repository. What counts least is first. */
  files: IgnoreFile[];
  /** Rules of the machine's user, for repositories within the opened folder. */
  general: string;
  /** Whether the folder is in a repository; below, whether git does not tell upper from lower case there. */
  isInRepository: boolean;
  ignoresCase: boolean;
  /** Absolute paths of all files that were looked for: the rules may change when one of them does. */
  sources: string[];
}

export interface RulesEnvironment {
  env: Readonly<Record<string, string | undefined>>;
  home: string;
}

export const NO_OUTER_RULES: OuterRules = {
  inner: "",
  files: [],
  general: "",
  isInRepository: false,
  ignoresCase: false,
  sources: [],
};

/** Bytes of a file of rules; what is longer was not written as one. */
const LARGEST = 1024 * 1024;
/** Configuration files that include each other. */
const MOST_CONFIGS = 50;

/** @param folder absolute path of the opened folder. Reads the disk. */
export function readOuterRules(
  folder: string,
  environment: RulesEnvironment = { env: process.env, home: homedir() },
): OuterRules {
  const sources: string[] = [join(folder, ".git")];
  const top = topOf(folder);
  const read = (path: string) => {
    sources.push(path);
    return textOf(path);
  };
  const gitFolder = top === undefined ? undefined : gitFolderOf(top);
  const { general, ignoresCase } = generalRules(read, environment, top ?? folder, gitFolder);
  const files: IgnoreFile[] = [{ folder: "", text: general }];
  if (top === undefined || gitFolder === undefined) {
    return { ...NO_OUTER_RULES, files, general, ignoresCase, sources };
  }
  files.push({ folder: "", text: read(join(gitFolder, "info", "exclude")) });
  const inner = relative(top, folder).split(sep).join("/");
  for (const above of foldersAbove(inner)) {
    files.push({ folder: above, text: read(join(top, above, ".gitignore")) });
  }
  const all = files.filter(({ text }) => text !== "");
  return { inner, files: all, general, isInRepository: true, ignoresCase, sources };
}

/**
 * The rules of a repository that lies within the opened folder (a submodule is one, too), besides its .gitignore files.
 *
 * @param folder absolute path of any folder.
 * @returns undefined where no repository begins there.
 */
export function readNestedRules(folder: string, { general }: OuterRules): { text: string; source: string } | undefined {
  const gitFolder = gitFolderOf(folder);
  if (gitFolder === undefined) return undefined;
  const source = join(gitFolder, "info", "exclude");
  return { text: [general, textOf(source)].filter((text) => text !== "").join("\n"), source };
}

/**
 * @param files rules within the opened folder, relative to it; the deepest counts most and is last.
 * @param path relative to the opened folder, with slashes.
 */
export function isIgnoredWithin(outer: OuterRules, files: readonly IgnoreFile[], path: string): boolean {
  const below = (name: string) => [outer.inner, name].filter((part) => part !== "").join("/");
  const all = [...outer.files, ...files.map(({ folder, text }) => ({ folder: below(folder), text }))];
  return all.length > 0 && isIgnored(all, below(path), outer.ignoresCase);
}

/** The innermost folder at or above a folder where a repository begins. */
function topOf(folder: string): string | undefined {
  for (let at = resolve(folder); ; at = dirname(at)) {
    if (gitFolderOf(at) !== undefined) return at;
    if (dirname(at) === at) return undefined;
  }
}

/** Where the repository that begins in a folder keeps its data, shared by all of its work trees. */
function gitFolderOf(folder: string): string | undefined {
  const path = join(folder, ".git");
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats?.isDirectory()) return path;
  if (!stats?.isFile()) return undefined;
  // In a submodule, and in a work tree beside the first, it is a file that names the folder.
  const [, named] = /^gitdir:\s*(.+?)\s*$/m.exec(textOf(path)) ?? [];
  if (named === undefined) return undefined;
  const own = resolve(folder, named);
  const common = textOf(join(own, "commondir")).trim();
  return common === "" ? own : resolve(own, common);
}

/** "a/b/c" -> "", "a", "a/b": the folders above the opened one. */
function foldersAbove(inner: string): string[] {
  if (inner === "") return [];
  const parts = inner.split("/");
  return parts.map((_, depth) => parts.slice(0, depth).join("/"));
}

/** The text of the files that core.excludesFile names, else of the one that git takes by itself. */
function generalRules(
  read: (path: string) => string,
  { env, home }: RulesEnvironment,
  top: string,
  gitFolder: string | undefined,
): { general: string; ignoresCase: boolean } {
  const ofUser = join(env.XDG_CONFIG_HOME || join(home, ".config"), "git");
  const global = env.GIT_CONFIG_GLOBAL ? [env.GIT_CONFIG_GLOBAL] : [join(ofUser, "config"), join(home, ".gitconfig")];
  const own = gitFolder === undefined ? [] : [join(gitFolder, "config"), join(gitFolder, "config.worktree")];
  const configs = [...systemConfigs(env), ...global, ...own].map((path) => ({ path, isConditional: false }));
  let named: string | undefined;
  let ignoresCase = false;
  const conditional: string[] = [];
  for (let count = 0; configs.length > 0 && count < MOST_CONFIGS; count++) {
    const config = configs.shift();
    if (config === undefined) break;
    const included: typeof configs = [];
    for (const { key, value } of parseGitConfig(read(config.path))) {
      if (key === "core.ignorecase") ignoresCase = /^(true|yes|on|1)?$/i.test(value);
      const path = expanded(value, home, dirname(config.path));
      if (path === undefined) continue;
      if (key === "include.path") included.push({ path, isConditional: config.isConditional });
      // Whether the condition holds is not asked: rather one rule too many than one too few.
      if (key === "includeif.path") included.push({ path, isConditional: true });
      if (key !== "core.excludesfile") continue;
      const file = expanded(value, home, top) ?? path;
      if (config.isConditional) conditional.push(file);
      else named = file;
    }
    configs.unshift(...included);
  }
  const files = [named ?? join(ofUser, "ignore"), ...conditional];
  const texts = files.map(read).filter((text) => text !== "");
  return { general: texts.join("\n"), ignoresCase };
}

function systemConfigs(env: RulesEnvironment["env"]): string[] {
  if (env.GIT_CONFIG_NOSYSTEM) return [];
  if (env.GIT_CONFIG_SYSTEM) return [env.GIT_CONFIG_SYSTEM];
  const windows = [
    env.ProgramData && join(env.ProgramData, "Git/config"),
    env.ProgramFiles && join(env.ProgramFiles, "Git/etc/gitconfig"),
  ];
  const others = ["/etc/gitconfig", "/opt/homebrew/etc/gitconfig", "/usr/local/etc/gitconfig"];
  return process.platform === "win32"
    ? (windows.filter((path) => path !== undefined && path !== "") as string[])
    : others;
}

/** "~/x" is in the user's folder; a relative path is relative to `base`. Undefined for what is no such path. */
function expanded(value: string, home: string, base: string): string | undefined {
  if (value === "" || value.startsWith("%(") || /^~[^/\\]/.test(value)) return undefined;
  if (value.startsWith("~")) return join(home, value.slice(1));
  return isAbsolute(value) ? value : resolve(base, value);
}

function textOf(path: string): string {
  try {
    const stats = statSync(path);
    return stats.isFile() && stats.size <= LARGEST ? readFileSync(path, "utf8").replace(/^\ufeff/, "") : "";
  } catch {
    return "";
  }
}
