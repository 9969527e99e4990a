/**
 * The peculiarities of SentencePiece's BPE vocabularies: a space is written as U+2581 and a byte as <0x41>, and merges
 * need not be listed, because they follow from the scores of the merged tokens.
 */
import type { StringTable } from "./modelFile.ts";
import { TokenType } from "./tokenType.ts";

const SPACE = "\u2581";
const BYTE = /^<0x([0-9A-F]{2})>$/i;

/** The bytes that a token represents; undefined for a byte token that does not name a valid byte. */
export function pieceBytes(text: string, type: number): Buffer | undefined {
  if (type !== TokenType.byte) return Buffer.from(text.replaceAll(SPACE, " "));
  const byte = BYTE.exec(text)?.[1];
  return byte === undefined ? undefined : Buffer.from(byte, "hex");
}

/** Whether a token with this text represents a single byte. */
export function isByteToken(text: string): boolean {
  return BYTE.test(text);
}

/**
 * Every pair of normal tokens that makes a third one, as (left, right, merged) ids, with the best score first. Pairs
 * that make the same token are adjacent, with the shortest left part first.
 */
export function mergesByScore(
  tokens: StringTable,
  types: Uint8Array,
  scores: ArrayLike<number>,
  ids: ReadonlyMap<string, number>,
): Uint32Array {
  const isNormal = (id: number | undefined): id is number => id !== undefined && types[id] === TokenType.normal;
  const order: number[] = [];
  for (let id = 0; id < tokens.length; id++) if (isNormal(id)) order.push(id);
  // With equal scores the lower id comes first, because it was learnt earlier.
  order.sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0) || a - b);
  const merges: number[] = [];
  for (const id of order) {
    const characters = [...tokens.text(id)];
    let left = "";
    for (const [i, character] of characters.entries()) {
      if (left !== "") {
        const a = ids.get(left);
        const b = ids.get(characters.slice(i).join(""));
        if (isNormal(a) && isNormal(b)) merges.push(a, b, id);
      }
      left += character;
    }
  }
  return Uint32Array.from(merges);
}
