/**
 * Files of program code: those that replays of commits type.
 */
import { languageIdOfPath } from "../../text/languages.ts";

const EXTENSIONS =
  ".ts .mts .cts .tsx .js .mjs .cjs .jsx .vue .svelte .py .c .h .cc .cpp .hpp .cs .java .kt .kts .scala .swift .go .rs .php .rb .sh .sql .lua .dart .ex .exs .hs".split(
    " ",
  );

/** As git takes the paths of files. */
export const CODE_PATHS: readonly string[] = EXTENSIONS.map((extension) => `*${extension}`);

/** The language of a file of code, as VS Code names it; undefined for any other file. */
export function codeLanguageOf(path: string): string | undefined {
  return EXTENSIONS.some((extension) => path.toLowerCase().endsWith(extension)) ? languageIdOfPath(path) : undefined;
}
