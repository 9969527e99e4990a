/**
 * The packed model file ("pack"): the one layout that the native loader reads.
 *
 * Everything is little-endian. The file is
 *
 *   header          256 bytes
 *   section table   sectionCount x 64 bytes
 *   sections        each at a multiple of 4096, in table order, no gaps other than zero padding
 *
 * native/src/model/pack.h mirrors this file; change both, and `PACK_VERSION`, together.
 */
import type { LayoutName } from "../native.ts";

/** First eight bytes of a pack. */
export const PACK_MAGIC = "STERNAPK";
/** Raised whenever a reader of the old version would misread the new one. */
export const PACK_VERSION = 4;
export const HEADER_BYTES = 256;
export const SECTION_ENTRY_BYTES = 64;
export const SECTION_ALIGNMENT = 4096;

/**
 * Byte offsets of the header's fields (u32 unless said otherwise). Bytes that are not listed are zero.
 */
export const HEADER = {
  /** char[8] */
  magic: 0,
  version: 8,
  /** CRC-32 (IEEE, as zlib) of header + section table, taken with this field set to zero. */
  headerCrc: 12,
  /** u64: size of the whole file in bytes. */
  fileSize: 16,
  sectionCount: 24,
  /** {@link WeightLayout} of the ternary matrices. */
  layout: 28,
  /** {@link Activation} */
  activation: 32,
  vocabSize: 36,
  hiddenSize: 40,
  layerCount: 44,
  headCount: 48,
  kvHeadCount: 52,
  headDim: 56,
  ffnSize: 60,
  /** Positions the model was trained for. */
  contextLength: 64,
  /** f32 */
  rmsEpsilon: 68,
  /** f32 */
  ropeTheta: 72,
  /** Leading dimensions of a head that are rotated; equal to headDim for every model so far. */
  ropeDim: 76,
  /** {@link RopePairing} */
  ropePairing: 80,
  /** 1 when the model has no output matrix of its own (the embedding is the head). */
  tiedHead: 84,
  /** 1 with RMSNorms of the attention's output and of the activated feed-forward, before their products. */
  subNorms: 88,
  /** 1 with RMSNorms of every head of q and k before the rotation. */
  qkNorms: 92,
  /** {@link RopeScaling} */
  ropeScaling: 96,
  /** f32: how much longer the context is than the one trained first; 1 without YaRN. */
  ropeFactor: 100,
  /** Positions trained first; 0 without scaling. */
  ropeOriginalContext: 104,
  /** f32: multiplies cosine and sine; 1 without scaling. */
  ropeMagnitude: 108,
  /** Columns of a ternary matrix that share a scale: 128, or 0 for a scale for each row. */
  groupSize: 112,
  /** 1 when embedding and head are ternary with a scale per group, as the other matrices. */
  ternaryEmbedding: 116,
} as const;

/** Between the two products of the feed-forward block: f(gate) * up. */
export const Activation = {
  reluSquared: 0,
  /** By the C library's exponential, whose last bit differs from system to system. */
  silu: 1,
  /** By an exponential of the engine's own: the same bits on every machine. */
  portableSilu: 2,
} as const;

export const RopeScaling = {
  none: 0,
  /** Frequencies interpolated by parts, the ramp between 32 turns and 1 over the original context. */
  yarn: 1,
  /** Each pair's frequency divided by its factor of the section ropeFactors. */
  longRope: 2,
} as const;

export const RopePairing = {
  /** Pairs (i, i + dim/2). */
  neox: 0,
  /** Pairs (2i, 2i + 1). */
  adjacent: 1,
} as const;

/**
 * How ternary matrices are stored. The matrix [rows x cols] is padded with weights of zero to whole tiles of 32 rows in
 * 128 bytes. Tiles are stored row tile by row tile; within a row tile, column step by column step. Row r of a tile is
 * the little-endian dword r, except in b1. A weight's code is ternary + 1.
 */
export const WeightLayout = {
  /** 2 bits a weight, 16 columns a tile: byte j (0..3), bits 2p..2p+1 (p = 0..3) hold the code of column k0 + 4p + j. */
  t2: 0,
  /**
   * 1.6 bits a weight, 20 columns a tile: byte j holds five weights. c is the base-3 number of the codes of the columns
   * k0 + j, 4 + j, 8 + j and 12 + j (the first is the lowest digit), t the code of column 16 + j. The byte is c + 64 t
   * where c < 64, else 192 + 17 t + c - 64, so that none is above 242.
   */
  t16: 1,
  /**
   * 1 bit a weight, 32 columns a tile, only with scales per group and where every weight is -1 or 1; rows of padding
   * have weights of -1 and scales of 0. Bit b of byte 32v + 16h + 2i + o (v = 0..3, i = 0..7, h and o = 0 or 1) is set
   * where the weight of column k0 + 8v + b in row 16o + 8 * floor(i / 4) + 4h + i % 4 is 1.
   */
  b1: 2,
} as const satisfies Record<LayoutName, number>;

/** Byte offsets inside a 64-byte section entry (u32 unless said otherwise); the rest is zero. */
export const ENTRY = {
  /** {@link Section} */
  kind: 0,
  /** Layer number, or {@link NO_LAYER}. */
  layer: 4,
  /** u64 */
  offset: 8,
  /** u64 */
  size: 16,
  /** CRC-32 (IEEE) of the section's bytes. */
  crc: 24,
  rows: 28,
  cols: 32,
} as const;

export const NO_LAYER = 0xffffffff;

/**
 * Section kinds. Shapes are [rows x cols]; norms are f32 with rows = 1.
 *
 * A ternary section is the tiles of the matrix ({@link WeightLayout}), followed by one f32 scale per padded row (weight
 * = ternary * scale; padding rows have scale 0). Fused matrices are the rows of the parts, one after another, then
 * padded.
 *
 * With scales per group, a row tile of a ternary section is units instead, and no scales follow. A unit of t2 is one
 * group: its f16 scales [32 rows], then 8 tiles; one of b1 the same with 4 tiles. A unit of t16 is two groups: the f16 scales [32 rows] of each, then 13
 * tiles. Tiles 0 to 5 hold the first group's columns 0 to 119, tiles 7 to 12 the second's columns 8 to 127, and tile 6 in
 * bytes 0 and 1 columns 120 + 2p and 121 + 2p of the first group, in bytes 2 and 3 columns 2p and 2p + 1 of the second,
 * for p = 0..3 (its fifth weights are zero). An odd last group is followed by one of zero weights and scales.
 *
 * The int8 head is q = round(weight / scale) in -127..127 with scale = absmax / 127 of the row, stored as the two
 * nibbles of the code q + 128 = 16 * high + low. Padding is q = 0: high 8, low 0.
 */
export const Section = {
  /** Vocabulary blob, see vocabBlob.ts; rows = number of tokens, cols = 0. */
  vocabulary: 1,
  /** f16 [vocab x hidden], row-major; or ternary [vocab x hidden] with scales per group. */
  embedding: 2,
  /** f16 [vocab x hidden]; only when the head is not tied. */
  headF16: 3,
  /**
   * High nibbles of the head, padded to 16 rows and 8 columns: groups of 16 rows; within a group, steps of 8 columns in
   * 64 bytes. In the step from column k0, row r is the little-endian dword r; byte j (0..3) holds column k0 + j in its
   * low and k0 + 4 + j in its high nibble. Then four times f32 [vocab]: scales; Euclidean norms of low - 7.5 over the
   * row's columns, of the f16 weights minus scale * q, and of the f16 weights, all three rounded up.
   */
  headHigh: 4,
  /** Ternary [vocab x hidden] with scales per group; only when the embedding is ternary and the head not tied. */
  headTernary: 9,
  /** f32 [1 x hidden] */
  outputNorm: 5,
  /** UTF-8 JSON, see PackMetadata; rows = cols = 0. Opaque to the native loader. */
  metadata: 6,
  /**
   * Low nibbles of the head, row by row, padded to 128 columns: in the 64 bytes from column k0, byte b holds column k0 +
   * b in its low and k0 + 64 + b in its high nibble.
   */
  headLow: 7,
  /**
   * The highest bits of the low nibbles once more, row by row, padded to 512 columns: in the 64 bytes from column k0, bit
   * b of byte j belongs to column k0 + 64 b + j. Then one f32 [vocab]: Euclidean norms of the other three bits - 3.5
   * over the row's columns, rounded up.
   */
  headMiddle: 8,
  /** f32 [1 x hidden] */
  attnNorm: 10,
  /** Ternary [(heads + 2 kvHeads) * headDim x hidden]: rows of q, then k, then v. */
  qkv: 11,
  /** f32 [1 x heads * headDim]; only with sub-norms. */
  attnSubNorm: 12,
  /** Ternary [hidden x heads * headDim] */
  attnOutput: 13,
  /** f32 [1 x hidden] */
  ffnNorm: 14,
  /** Ternary [2 * ffn x hidden]: rows of gate, then up. */
  gateUp: 15,
  /** f32 [1 x ffn]; only with sub-norms. */
  ffnSubNorm: 16,
  /** Ternary [hidden x ffn] */
  ffnDown: 17,
  /** f32 [1 x headDim]; only with norms of q and k. */
  attnQueryNorm: 18,
  /** f32 [1 x headDim]; only with norms of q and k. */
  attnKeyNorm: 19,
  /** f32 [1 x ropeDim / 2], positive; only with LongRoPE. */
  ropeFactors: 20,
} as const;

/** What TypeScript wants to know of a pack and the arithmetic does not. */
export interface PackMetadata {
  /** Human name from the source file. */
  name: string;
  /** `general.architecture` as written in the source file. */
  sourceArchitecture: string;
  /** Type of the source's body, e.g. "I2_S". */
  sourceType: string;
  /** Chat template text of the source, when it had one. */
  chatTemplate?: string;
  license?: string;
}

/**
 * Vocabulary blob, little-endian (u32 unless said otherwise):
 *
 *    0  magic "VOC1" (4 bytes)
 *    4  tokenCount
 *    8  mergeCount
 *   12  pre-tokenizer: 0 = llama-bpe, 1 = SentencePiece (characters in place of bytes, and no pre-tokens), 2 = qwen2
 *       (llama-bpe with single digits)
 *   16  flags: bit 0 add BOS, bit 1 ignore merges (a pre-token that is itself a token is used as it is), bit 2 put a
 *       space in front of a text
 *   20  i32 bos, 24 i32 eos, 28 i32 eot, 32 i32 fimPrefix, 36 i32 fimSuffix, 40 i32 fimMiddle (-1 = none)
 *   44  u32 byteCount: length of the token bytes
 *   48  zero, up to 64
 *   64  offsets: (tokenCount + 1) x u32 into the token bytes, ascending, first 0, last byteCount
 *    .  types: tokenCount x u8 (1 normal, 2 unknown, 3 control, 4 user-defined, 5 unused, 6 byte), then zero padding to 4
 *    .  merges: mergeCount x 3 x u32 (left id, right id, merged id), best rank first; with SentencePiece those that give
 *       the same token, one after another, are equals
 *    .  token bytes: raw bytes (the GPT-2 byte-to-unicode mapping already undone, SentencePiece's U+2581 a space; control
 *       tokens in UTF-8)
 */
export const VOCAB_MAGIC = "VOC1";
export const VOCAB_HEADER_BYTES = 64;
