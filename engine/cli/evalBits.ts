/** `sterna eval --bits`: measures how many bits a model takes for each byte of some files. */
import { bitsOf, linesWithin, type TextBits } from "../eval/bitsPerByte.ts";
import type { NativeModel } from "../native.ts";
import { readText } from "./sourceFiles.ts";

/** The characters of a piece of a file. Each piece is predicted without what comes before it. */
const PIECE = 3_000;

/** The longest piece in tokens; what is beyond it is left out. */
const MOST_TOKENS = 1_024;

export async function measureBits(files: readonly string[], model: NativeModel): Promise<TextBits> {
  const { tokenizer } = model;
  const { bos, eos } = tokenizer.special;
  const most = Math.min(MOST_TOKENS, model.config.contextLength) - 1;
  const measured: TextBits = { bits: 0, bytes: 0 };
  for (const file of files) {
    for (const piece of linesWithin(await readText(file), PIECE)) {
      const body = tokenizer.encode(piece).subarray(0, most);
      // Something has to come before the first token: what begins a text, or what separates two.
      const tokens = Uint32Array.from([bos >= 0 ? bos : Math.max(0, eos), ...body]);
      measured.bits += bitsOf(await model.logits(tokens, "int8"), tokens);
      measured.bytes += Buffer.byteLength(tokenizer.decode(body));
    }
  }
  return measured;
}
