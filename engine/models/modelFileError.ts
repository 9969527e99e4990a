/** The one error type that the readers and the packer throw for a model file that cannot be used. */
export class ModelFileError extends Error {
  override name = "ModelFileError";

  /**
   * @param file path of the file
   * @param field the part of the file that is wrong: a key, a tensor, a header field
   * @param problem what is wrong with it
   * @param advice what the user can do
   */
  constructor(
    readonly file: string,
    readonly field: string,
    readonly problem: string,
    readonly advice: string,
  ) {
    super(`${file}: ${field}: ${problem}. ${advice}`);
  }
}

/** Advice for a file that was damaged, most often by an interrupted download. */
export const ADVICE_DAMAGED = "The file is damaged or incomplete: download or export it again.";
const ADVICE_POINTER =
  "Git has not fetched the file itself, but only a note of where it is: run git lfs pull, or download the file.";
const ADVICE_PAGE = "A web page was saved in place of the file, such as one to sign in: download the file itself.";
const ADVICE_GGUF = "Choose a model in GGUF format.";

/** The first four bytes, as Latin letters, of files that are often taken for a model. */
const OTHER_FORMATS: readonly (readonly [begin: RegExp, advice: string])[] = [
  [/^vers/, ADVICE_POINTER],
  [/^\s*<[!hH?]/, ADVICE_PAGE],
  [/^\0{4}/, "The download was not finished: start it again."],
  [/^PK/, "It is an archive or a PyTorch model: choose the GGUF file or the safetensors of the model."],
  [/^(lmgg|tjgg|fmgg|algg|ggml|ggjt|ggmf|ggla)/, "It is of an old format: convert the model again with current tools."],
];

/** What to do about a file that does not begin as a model does. @param begin its first bytes */
export function adviceByBeginning(begin: Uint8Array, otherwise = ADVICE_GGUF): string {
  const text = Buffer.from(begin).toString("latin1");
  return OTHER_FORMATS.find(([pattern]) => pattern.test(text))?.[1] ?? otherwise;
}

/** Advice for a file that may be sound but that this engine cannot use. */
export const ADVICE_UNSUPPORTED =
  "Choose a ternary model of architecture bitnet-b1.58, bitnet, llama, qwen3 or minicpm: GGUF with a body of I2_S, TQ1_0, TQ2_0, Q2_0, PQ2_0 or Q1_0, or safetensors.";

/**
 * Makes text from a file fit for an error message: one printable line of at most 80 characters.
 */
export function quote(text: string): string {
  let out = "";
  for (const character of text) {
    if (out.length >= 80) return `"${out}..."`;
    const code = character.codePointAt(0) ?? 0;
    out += code < 0x20 || (code >= 0x7f && code < 0xa0) || code === 0x2028 || code === 0x2029 ? "?" : character;
  }
  return `"${out}"`;
}

/** The same for any value of a JSON file. It avoids String(), which throws for some objects. */
export function quoteValue(value: unknown): string {
  return quote(typeof value === "string" ? value : (JSON.stringify(value) ?? "undefined"));
}

/** The packed model cannot be written to the storage folder. */
export class StorageError extends Error {
  override name = "StorageError";
}
