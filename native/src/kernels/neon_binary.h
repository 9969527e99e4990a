// The B1 product with scales per group, by tables (kTableBytes in grouped.h): a weight of four
// columns is looked up by tbl, for 16 rows at a time.
#pragma once

#include <arm_neon.h>

#include "kernels/add_group.h"
#include "kernels/grouped.h"

namespace sterna {
namespace {

// The rows of a vector of bytes, and the vectors of the 32 rows.
constexpr int kHalfRows = 16;
constexpr int kHalves = kTileRows / kHalfRows;

void b1_tables(const int8_t* x, uint8_t* tables) {
  constexpr uint8_t kEntries[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  const uint8x16_t entries = vld1q_u8(kEntries);
  for (int column = 0; column < kGroupColumns; column += 16) {
    const uint8x16_t columns = vreinterpretq_u8_s8(vld1q_s8(x + column));
    const uint8x16_t low = vandq_u8(columns, vdupq_n_u8(15));
    const uint8x16_t high = vreinterpretq_u8_s8(vshrq_n_s8(vreinterpretq_s8_u8(columns), 4));
    for (int quad = 0; quad < 4; ++quad) {
      uint8x16_t l = vdupq_n_u8(0);
      uint8x16_t h = vdupq_n_u8(32);
      for (int b = 0; b < 4; ++b) {
        // Entry e takes column b where bit b of e is set.
        const uint8x16_t takes = vtstq_u8(entries, vdupq_n_u8(static_cast<uint8_t>(1 << b)));
        const uint8x16_t lane = vdupq_n_u8(static_cast<uint8_t>(4 * quad + b));
        l = vaddq_u8(l, vandq_u8(takes, vqtbl1q_u8(low, lane)));
        h = vaddq_u8(h, vandq_u8(takes, vqtbl1q_u8(high, lane)));
      }
      vst1q_u8(tables, l);
      vst1q_u8(tables + 16, h);
      tables += 32;
    }
  }
}

// The sums of one digit in the order of the bytes of a vector; none exceeds 1,920.
struct DigitSums {
  uint16x8_t low, high;
};

inline void add_bytes(DigitSums& sums, uint8x16_t bytes) {
  sums.low = vaddw_u8(sums.low, vget_low_u8(bytes));
  sums.high = vaddw_high_u8(sums.high, bytes);
}

// Writes the products of the eight rows of two vectors: four rows, and the four that are eight rows
// on. A weight is twice its bit less one.
inline void put_rows(uint16x8_t l, uint16x8_t h, int16x8_t bias, int32_t* out) {
  const uint16x8_t twice = vaddq_u16(vshlq_n_u16(h, 5), vshlq_n_u16(l, 1));
  const int16x8_t products = vsubq_s16(vreinterpretq_s16_u16(twice), bias);
  vst1q_s32(out, vmovl_s16(vget_low_s16(products)));
  vst1q_s32(out + 8, vmovl_high_s16(products));
}

// out [32] = the exact product of a group's tiles at w with one token.
inline void binary_group(const uint8_t* w, const uint8_t* tables, int32_t x_sum, int32_t* out) {
  DigitSums l[kHalves], h[kHalves];
  for (int half = 0; half < kHalves; ++half) {
    l[half] = h[half] = {vdupq_n_u16(0), vdupq_n_u16(0)};
  }
  for (int step = 0; step < kGroupColumns / 16; ++step) {
    uint8x16_t table[8];
    for (int i = 0; i < 8; ++i) table[i] = vld1q_u8(tables + 16 * i);
    for (int half = 0; half < kHalves; ++half) {
      const uint8x16_t first = vld1q_u8(w + kHalfRows * half);
      const uint8x16_t second = vld1q_u8(w + 32 + kHalfRows * half);
      const uint8x16_t entries[4] = {vandq_u8(first, vdupq_n_u8(15)), vshrq_n_u8(first, 4),
                                     vandq_u8(second, vdupq_n_u8(15)), vshrq_n_u8(second, 4)};
      uint8x16_t low = vqtbl1q_u8(table[0], entries[0]);
      uint8x16_t high = vqtbl1q_u8(table[1], entries[0]);
      for (int i = 1; i < 4; ++i) {
        low = vaddq_u8(low, vqtbl1q_u8(table[2 * i], entries[i]));
        high = vaddq_u8(high, vqtbl1q_u8(table[2 * i + 1], entries[i]));
      }
      add_bytes(l[half], low);
      add_bytes(h[half], high);
    }
    w += 64;
    tables += 128;
  }
  const int16x8_t bias = vdupq_n_s16(static_cast<int16_t>(2 * kTableBias + x_sum));
  for (int half = 0; half < kHalves; ++half) {
    put_rows(vuzp1q_u16(l[half].low, l[half].high), vuzp1q_u16(h[half].low, h[half].high), bias,
             out + 4 * half);
    put_rows(vuzp2q_u16(l[half].low, l[half].high), vuzp2q_u16(h[half].low, h[half].high), bias,
             out + 16 + 4 * half);
  }
}

// Tokens [first, first + count) of one group of one row tile.
template <class Lanes>
void binary_tokens(const GroupedProduct& p, int group, int tile, int first, int count) {
  const uint8_t* row_tile =
      p.tiles + static_cast<size_t>(tile) * grouped_row_tile_bytes(p.layout, p.groups);
  const size_t at = static_cast<size_t>(group) * static_cast<size_t>(p.m) + first;
  const auto* tables = reinterpret_cast<const uint8_t*>(p.x) +
                       static_cast<size_t>(group) * p.group_bytes +
                       static_cast<size_t>(first) * kTableBytes;
  const uint8_t* w = row_tile + group_tiles_at(p.layout, group);
  for (int i = 0; i < count; ++i) {
    binary_group(w, tables + static_cast<size_t>(i) * kTableBytes, p.x_sums[at + i],
                 p.sums + static_cast<size_t>(i) * kTileRows);
  }
  const uint8_t* scales = row_tile + group_scales_at(p.layout, group);
  add_group<Lanes>(
      {.sums = p.sums,
       .scales = reinterpret_cast<const uint16_t*>(scales),
       .x_scales = p.x_scales + at,
       .m = count,
       .out = p.out + static_cast<size_t>(first) * p.ldo + static_cast<size_t>(tile) * kTileRows,
       .ldo = p.ldo});
}

template <class Lanes>
void b1_grouped(const GroupedProduct& p, int tile_begin, int tile_end) {
  for (int i = 0; i < p.m; ++i) {
    for (int row = tile_begin * kTileRows; row < tile_end * kTileRows; ++row) {
      p.out[static_cast<size_t>(i) * p.ldo + row] = 0;
    }
  }
  if (p.m <= 4) {  // the weights come from memory in the order in which they lie there
    for (int tile = tile_begin; tile < tile_end; ++tile) {
      for (int group = 0; group < p.groups; ++group) binary_tokens<Lanes>(p, group, tile, 0, p.m);
    }
    return;
  }
  for (int group = 0; group < p.groups; ++group) {
    for (int first = 0; first < p.m; first += kTokensOfTables) {
      const int count = p.m - first < kTokensOfTables ? p.m - first : kTokensOfTables;
      for (int tile = tile_begin; tile < tile_end; ++tile) {
        binary_tokens<Lanes>(p, group, tile, first, count);
      }
    }
  }
}

}  // namespace
}  // namespace sterna
