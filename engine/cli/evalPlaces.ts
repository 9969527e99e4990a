/** `sterna eval --places`: what is shown where somebody who types a repository's files would pause. */
import { basename, resolve } from "node:path";
import type { Backend } from "../backend/backend.ts";
import { isNear, namesUsed } from "../completion/scope.ts";
import { type TypingPlace, typingPlaces, VERDICTS, type Verdict, verdictOn } from "../eval/typingPlaces.ts";
import { loadAddon } from "../native.ts";
import { packageRoot } from "../packageRoot.ts";
import { codeLanguageOf } from "../replay/git/codePaths.ts";
import { fileAt, gitIn, pathsAt } from "../replay/git/commits.ts";
import { isGenerated } from "../replay/git/sessions.ts";
import { TreeIndex } from "../replay/git/treeIndex.ts";
import { Random } from "../replay/random.ts";
import { repositoryView } from "../repository/repositoryView.ts";
import { cursorContext } from "../text/cursor.ts";
import { completeAt } from "./completeAt.ts";
import { INDEX_BYTES } from "./sameEverywhere.ts";

export interface PlacesOptions {
  /** Default HEAD. */
  from: string;
  /** Places in all, and in one file at most. */
  limit: number;
  perFile: number;
  seed: number;
  maxTokens: number;
  /** Only files of these languages; none means all of {@link codeLanguageOf}. */
  languages: readonly string[];
  /** The index of all the repository's files is known, too. */
  isIndexed: boolean;
}

export interface PlaceRow extends TypingPlace {
  /** What is shown; undefined for nothing. */
  shown: { text: string; replaceLength: number } | undefined;
  verdict: Verdict | undefined;
  /** Names in what is shown that stand nowhere in the document, nor begin one that does. */
  unknownNames: string[];
}

export interface PlacesResult {
  repository: string;
  /** Hash of the commit. */
  commit: string;
  rows: PlaceRow[];
}

/** Larger files are data. */
const LARGEST_FILE = 128 * 1024;

export async function measurePlaces(
  repository: string,
  options: PlacesOptions,
  backend: Backend,
): Promise<PlacesResult> {
  const git = gitIn(resolve(repository));
  const commit = (await git(["rev-parse", "--verify", "--end-of-options", options.from])).trim();
  const paths = (await pathsAt(git, commit)).filter((path) => isWanted(path, options));
  if (paths.length === 0) throw new Error(`${repository} has no such files of code at ${options.from}`);
  const tree = options.isIndexed
    ? new TreeIndex(git, loadAddon(packageRoot()).createNgramIndex(INDEX_BYTES))
    : undefined;
  await tree?.show(commit);
  const random = new Random(options.seed);
  const rows: PlaceRow[] = [];
  while (rows.length < options.limit && paths.length > 0) {
    const [path = ""] = paths.splice(random.between(0, paths.length - 1), 1);
    const text = await fileAt(git, commit, path);
    if (text === undefined || text.length > LARGEST_FILE || text.includes("\0")) continue;
    const source = { path, languageId: codeLanguageOf(path) ?? "unknown", text: text.replaceAll("\r\n", "\n") };
    const count = Math.min(options.perFile, options.limit - rows.length);
    for (const place of typingPlaces(source, count, () => random.next())) {
      const view = tree && repositoryView(tree.index, path, place.languageId, [path]);
      const shown = await completeAt(backend, place, place.offset, {
        maxTokens: options.maxTokens,
        without: [],
        ...(view && { repository: view }),
      });
      rows.push(rowOf(place, shown && { text: shown.text, replaceLength: shown.replaceLength }));
    }
  }
  return { repository: basename(resolve(repository)), commit, rows };
}

function isWanted(path: string, { languages }: PlacesOptions): boolean {
  const languageId = codeLanguageOf(path);
  return languageId !== undefined && !isGenerated(path) && (languages.length === 0 || languages.includes(languageId));
}

function rowOf(place: TypingPlace, shown: PlaceRow["shown"]): PlaceRow {
  if (shown === undefined) return { ...place, shown, verdict: undefined, unknownNames: [] };
  const context = cursorContext(place, place.offset);
  const unknown = namesUsed(shown.text, context).filter(
    ({ name }) => !isNear(name, context) && !(shown.text.endsWith(name) && hasWordThatBegins(place.text, name)),
  );
  return { ...place, shown, verdict: verdictOn(place, shown), unknownNames: unknown.map(({ name }) => name) };
}

/** The last name of what is shown may be the beginning of one. */
function hasWordThatBegins(text: string, beginning: string): boolean {
  return (text.match(/[\p{L}_$][\p{L}\p{N}_$]*/gu) ?? []).some((word) => word.startsWith(beginning));
}

/** @param show so many of the places that are not right are printed, too. */
export function placesReport({ repository, commit, rows }: PlacesResult, show: number): string {
  const shown = rows.filter((row) => row.shown !== undefined);
  const percent = (part: number, whole: number) => `${((100 * part) / Math.max(1, whole)).toFixed(1)} %`;
  const count = (wanted: Verdict) => shown.filter(({ verdict }) => verdict === wanted).length;
  const right = count("line") + count("beginning");
  const unknown = shown.filter(({ unknownNames }) => unknownNames.length > 0).length;
  return [
    `${repository} at ${commit.slice(0, 12)}: ${rows.length} places, something shown at ${shown.length}`,
    ...VERDICTS.map(
      (verdict) =>
        `  ${verdict.padEnd(12)}${String(count(verdict)).padStart(6)}  ${percent(count(verdict), shown.length)}`,
    ),
    `  right to its end or to a boundary: ${percent(right, shown.length)}; with a name that the file does not have: ${unknown}`,
    ...shown.filter(isFault).slice(0, show).map(faultLine),
    "",
  ].join("\n");
}

/** Whether what is shown is not right, or has a name that the file does not have. */
export function isFault({ verdict, unknownNames }: PlaceRow): boolean {
  return verdict === "cut" || verdict === "wrong" || unknownNames.length > 0;
}

export function faultLine({ path, text, offset, truth, shown, verdict, unknownNames }: PlaceRow): string {
  const line = text.slice(text.lastIndexOf("\n", offset - 1) + 1, offset).trimStart();
  const names = unknownNames.length > 0 ? ` (${unknownNames.join(", ")})` : "";
  const [first = ""] = truth.split("\n");
  return `  ${path}: ${verdict}${names}: ${line} -> ${JSON.stringify(shown?.text)} for ${JSON.stringify(first)}`;
}
