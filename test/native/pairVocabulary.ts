import { VOCAB_HEADER_BYTES, VOCAB_MAGIC } from "../../engine/models/packFormat.ts";

export interface PairVocabulary {
  blob: Uint8Array;
  /** Rank of the merge of two bytes, at left * 256 + right. The token that the merge gives is 256 + rank. */
  ranks: Uint32Array;
}

/**
 * A vocabulary in which any two bytes merge and nothing merges further, so that the ids show where a text was cut.
 *
 * @param random numbers in [0, 1) that shuffle the ranks
 */
export function pairVocabulary(random: () => number): PairVocabulary {
  const pairs = Uint32Array.from({ length: 65536 }, (_, pair) => pair);
  for (let i = pairs.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [pairs[i], pairs[j]] = [pairs[j] ?? 0, pairs[i] ?? 0];
  }
  return vocabularyOfPairs(pairs);
}

/** The same vocabulary with the ranks reversed. */
export function reversed(vocabulary: PairVocabulary): PairVocabulary {
  const pairs = new Uint32Array(65536);
  vocabulary.ranks.forEach((rank, pair) => {
    pairs[65535 - rank] = pair;
  });
  return vocabularyOfPairs(pairs);
}

/** @param pairs best rank first */
function vocabularyOfPairs(pairs: Uint32Array): PairVocabulary {
  const tokenCount = 256 + 65536;
  const byteCount = 256 + 2 * 65536;
  const typesAt = VOCAB_HEADER_BYTES + 4 * (tokenCount + 1);
  const mergesAt = typesAt + tokenCount;
  const bytesAt = mergesAt + 12 * 65536;
  const blob = new Uint8Array(bytesAt + byteCount);
  const view = new DataView(blob.buffer);
  blob.set(Buffer.from(VOCAB_MAGIC, "latin1"));
  view.setUint32(4, tokenCount, true);
  view.setUint32(8, 65536, true);
  for (let role = 0; role < 6; role++) view.setInt32(20 + 4 * role, -1, true);
  view.setUint32(44, byteCount, true);
  for (let id = 0; id <= tokenCount; id++) {
    view.setUint32(VOCAB_HEADER_BYTES + 4 * id, id <= 256 ? id : 256 + 2 * (id - 256), true);
  }
  blob.fill(1, typesAt, mergesAt);
  for (let byte = 0; byte < 256; byte++) blob[bytesAt + byte] = byte;
  const ranks = new Uint32Array(65536);
  pairs.forEach((pair, rank) => {
    ranks[pair] = rank;
    const left = pair >> 8;
    const right = pair & 255;
    [left, right, 256 + rank].forEach((id, i) => {
      view.setUint32(mergesAt + 12 * rank + 4 * i, id, true);
    });
    blob.set([left, right], bytesAt + 256 + 2 * rank);
  });
  return { blob, ranks };
}
