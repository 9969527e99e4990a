/** Says which files are program code. Only these are typed in replays of commits. */
import { languageIdOfPath } from "../../text/languages.ts";

const EXTENSIONS =
  ".ts .mts .cts .tsx .js .mjs .cjs .jsx .vue .svelte .py .c .h .cc .cpp .hpp .cs .java .kt .kts .scala .swift .go .rs .php .rb .sh .sql .lua .dart .ex .exs .hs".split(
    " ",
  );

/** Patterns of paths in the form that git takes. */
export const CODE_PATHS: readonly string[] = EXTENSIONS.map((extension) => `*${extension}`);

/** The language of a code file by VS Code's name; undefined for any other file. */
export function codeLanguageOf(path: string): string | undefined {
  return EXTENSIONS.some((extension) => path.toLowerCase().endsWith(extension)) ? languageIdOfPath(path) : undefined;
}
