/**
 * A tokenizer for tests. Its tokens are words with the space before them, and runs of punctuation and white space, cut
 * to six characters. As in BPE, appending text may change only the last token.
 */
import type { NativeTokenizer, SpecialTokens } from "../../../engine/native.ts";

const PIECE = / ?[\p{L}\p{N}_]{1,6}| ?[^\s\p{L}\p{N}_]{1,3}|\n|[^\S\n]+(?!\S)|[^\S\n]/gu;
const FIRST_TEXT_ID = 100;

export const FIM_SPECIALS: SpecialTokens = {
  bos: 0,
  eos: 1,
  eot: 2,
  fimPrefix: 3,
  fimSuffix: 4,
  fimMiddle: 5,
  addBos: true,
};
export const CHAT_SPECIALS: SpecialTokens = { ...FIM_SPECIALS, fimPrefix: -1, fimSuffix: -1, fimMiddle: -1 };

export class FakeTokenizer implements NativeTokenizer {
  readonly size = 100_000;
  readonly special: SpecialTokens;
  readonly #named: Record<string, number>;
  readonly #ids = new Map<string, number>();
  readonly #texts: string[] = [];

  constructor(special: SpecialTokens, named: Record<string, number> = {}) {
    this.special = special;
    this.#named = named;
  }

  encode(text: string): Uint32Array {
    return Uint32Array.from(text.match(PIECE) ?? [], (piece) => {
      let id = this.#ids.get(piece);
      if (id === undefined) {
        id = FIRST_TEXT_ID + this.#texts.length;
        this.#ids.set(piece, id);
        this.#texts.push(piece);
      }
      return id;
    });
  }

  decode(tokens: Uint32Array): string {
    return Array.from(tokens, (id) => this.#texts[id - FIRST_TEXT_ID] ?? "").join("");
  }

  /** Like decode, but special tokens are shown as <id>. */
  show(tokens: Uint32Array): string {
    return Array.from(tokens, (id) => this.#texts[id - FIRST_TEXT_ID] ?? `<${id}>`).join("");
  }

  idOf(text: string): number {
    return this.#named[text] ?? -1;
  }
}

export function fimTokenizer(): FakeTokenizer {
  return new FakeTokenizer(FIM_SPECIALS, { "<|file|>": 6, "<|fim_end|>": 2 });
}

export function chatTokenizer(): FakeTokenizer {
  return new FakeTokenizer(CHAT_SPECIALS, { "<|eot_id|>": 2 });
}

/** The length of the common beginning of two lists of tokens. */
export function commonPrefix(one: Uint32Array, other: Uint32Array): number {
  let length = 0;
  while (length < one.length && length < other.length && one[length] === other[length]) {
    length++;
  }
  return length;
}
