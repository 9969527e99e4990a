/**
 * Tokens of a server that takes text: pieces of words, numbered as they come. What prompts are measured in and cut by
 * elsewhere thus works for servers, too; the numbers mean nothing outside of this process.
 */
import type { NativeTokenizer, SpecialTokens } from "../../native.ts";

/** About what BPE makes of code: words with the space before them, cut, runs of punctuation, white space. */
const PIECE = / ?[\p{L}\p{N}_]{1,6}| ?[^\s\p{L}\p{N}_]{1,3}|\r?\n|[^\S\n]+/gu;

export class TextTokens implements NativeTokenizer {
  readonly special: SpecialTokens = {
    bos: -1,
    eos: -1,
    eot: -1,
    fimPrefix: -1,
    fimSuffix: -1,
    fimMiddle: -1,
    addBos: false,
  };
  readonly #ids = new Map<string, number>();
  readonly #texts: string[] = [];

  get size(): number {
    return this.#texts.length;
  }

  encode(text: string): Uint32Array {
    return Uint32Array.from(text.match(PIECE) ?? [], (piece) => this.number(piece));
  }

  decode(tokens: Uint32Array): string {
    return Array.from(tokens, (id) => this.#texts[id] ?? "").join("");
  }

  idOf(text: string): number {
    return this.#ids.get(text) ?? -1;
  }

  /** The number of a piece, whatever it is. */
  number(piece: string): number {
    let id = this.#ids.get(piece);
    if (id === undefined) {
      id = this.#texts.length;
      this.#ids.set(piece, id);
      this.#texts.push(piece);
    }
    return id;
  }
}
