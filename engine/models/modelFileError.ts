/** A model file that cannot be used. The one error type that readers and the packer throw for a bad file. */
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

/** The file was damaged, most often by an interrupted download. */
export const ADVICE_DAMAGED = "The file is damaged or incomplete: download or export it again.";
/** The file may be sound, but this engine has no use for it. */
export const ADVICE_UNSUPPORTED =
  "Choose a ternary model of architecture bitnet-b1.58, bitnet or llama: GGUF with an I2_S, TQ1_0 or TQ2_0 body, or safetensors.";

/**
 * Text out of a file, made fit for an error message: one line, printable, at most 80 characters.
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

/** The same for any value of a JSON file. Not by String(), which fails for some objects. */
export function quoteValue(value: unknown): string {
  return quote(typeof value === "string" ? value : (JSON.stringify(value) ?? "undefined"));
}

/** The storage folder cannot take the packed model. */
export class StorageError extends Error {
  override name = "StorageError";
}
