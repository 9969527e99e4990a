/** The public repositories of the benchmarks. bench/repositories.json lists them; their clones are in a folder. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../engine/packageRoot.ts";

export interface Repository {
  /** Owner and name, with a slash between. */
  name: string;
  commit: string;
  /** For people; in the list "places" the ids that VS Code has for them. */
  languages: string[];
}

export function repositoriesIn(list: "measured" | "places"): Repository[] {
  return JSON.parse(readFileSync(join(packageRoot(), "bench/repositories.json"), "utf8"))[list];
}

/** @param only names separated by commas; undefined for all. */
export function chosenFrom(repositories: readonly Repository[], only: string | undefined): Repository[] {
  const names = only?.split(",");
  return repositories.filter(({ name }) => names === undefined || names.includes(name));
}

/**
 * Runs the command `sterna` on a repository's clone at the listed commit, with one thread, and returns what it prints.
 *
 * @param folder of the clones, each named OWNER+NAME, or OWNER+NAME/repo.
 * @param command the words of the command before the clone's path, such as "replay" and "--git".
 */
export function measureClone<Result extends { repository: string }>(
  folder: string,
  { name, commit }: Repository,
  command: readonly string[],
  options: readonly string[],
): Result {
  const own = [...command, cloneIn(folder, name), "--from", commit, ...options, "--threads", "1", "--json"];
  const output = execFileSync(process.execPath, [join(packageRoot(), "dist/sterna.mjs"), ...own], {
    encoding: "utf8",
    maxBuffer: 1 << 30,
    stdio: ["ignore", "pipe", "inherit"],
  });
  return { ...(JSON.parse(output) as Result), repository: name };
}

function cloneIn(folder: string, name: string): string {
  const path = join(folder, name.replace("/", "+"));
  const found = [join(path, "repo"), path].find((place) => existsSync(place));
  if (found === undefined) throw new Error(`${path} is missing: clone ${name} there`);
  return found;
}
