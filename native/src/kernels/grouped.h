// Ternary matrices with one scale for each group of 128 columns of a row.
//
// A matrix is stored row tile by row tile (32 rows), and a row tile as a sequence of units. A unit
// has the scales of its groups, each as f16 [32 rows], and then the tiles of the layout:
//   T2   One group: 64 bytes of scales, 8 tiles of 16 columns.
//   T16  Two groups: 128 bytes of scales, 13 tiles of 20 places for 256 columns. The first group
//        has tiles 0 .. 5 and bytes 0 and 1 of each row's dword in tile 6; the second has bytes 2
//        and 3 of tile 6 and tiles 7 .. 12. In tile 6, a row's bytes hold columns 120 .. 127 of the
//        first group and 0 .. 7 of the second, two to a plane, and plane 4 has weights of zero.
//        Where the number of groups is odd, the last group has weights and scales of zero.
//   B1   One group: 64 bytes of scales, 4 tiles of 32 columns.
// So a group's product is the kernel set's normal product over group_steps() tiles, in which the
// activations are zero where the shared tile holds the other group's weights.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/kernels.h"

namespace sterna {

inline constexpr int kGroupColumns = 128;

// The number of groups in a unit.
inline constexpr int unit_groups(TernaryLayout layout) {
  return layout == TernaryLayout::kT16 ? 2 : 1;
}
// The number of tiles that one group's product covers.
inline constexpr int group_steps(TernaryLayout layout) {
  return layout == TernaryLayout::kT2 ? 8 : layout == TernaryLayout::kT16 ? 7 : 4;
}
// The number of places for one group's activations, a multiple of the columns of a tile.
inline constexpr int group_places(TernaryLayout layout) {
  return group_steps(layout) * tile_cols(layout);
}
inline constexpr int kGroupScaleBytes = kTileRows * 2;
inline constexpr size_t unit_bytes(TernaryLayout layout) {
  return layout == TernaryLayout::kT16
             ? 2 * size_t{kGroupScaleBytes} + 13 * size_t{kTileBytes}
             : size_t{kGroupScaleBytes} + group_steps(layout) * size_t{kTileBytes};
}
inline constexpr int unit_count(TernaryLayout layout, int groups) {
  return (groups + unit_groups(layout) - 1) / unit_groups(layout);
}
inline constexpr size_t grouped_row_tile_bytes(TernaryLayout layout, int groups) {
  return static_cast<size_t>(unit_count(layout, groups)) * unit_bytes(layout);
}

// The offset in bytes of a group's scales in a row tile; below, that of its tiles.
inline constexpr size_t group_scales_at(TernaryLayout layout, int group) {
  const int in_unit = group % unit_groups(layout);
  return static_cast<size_t>(group / unit_groups(layout)) * unit_bytes(layout) +
         static_cast<size_t>(in_unit) * kGroupScaleBytes;
}
inline constexpr size_t group_tiles_at(TernaryLayout layout, int group) {
  const int in_unit = group % unit_groups(layout);
  return static_cast<size_t>(group / unit_groups(layout)) * unit_bytes(layout) +
         static_cast<size_t>(unit_groups(layout)) * kGroupScaleBytes +
         static_cast<size_t>(in_unit) * 6 * kTileBytes;
}
// The place, among group_places(), of a group's column.
inline constexpr int group_place(TernaryLayout layout, int group, int column) {
  if (layout != TernaryLayout::kT16) return column;
  const bool is_second = group % 2 == 1;
  const int shared = is_second ? column : column - 120;  // the column's number in the shared tile
  if (shared < 0 || shared >= 8) return is_second ? column + 12 : column;
  return (is_second ? 2 : 120) + shared / 2 * 4 + shared % 2;
}

// The tables of a group and token for B1: for each four columns 4 j .. 4 j + 3, in order, the sums
// of what any of the four weights select. With x = 16 h + l and l = 0 .. 15, entry e (0 .. 15) of
// the first 16 bytes is the sum of l, and of the next 16 bytes 32 plus the sum of h, over the
// columns 4 j + b for which bit b of e is set. Entries are 0 .. 60, so that four of them fit a
// byte.
inline constexpr int kTableBytes = kGroupColumns / 4 * 32;
// What the tables' entries for h add to the sum of x over any of the group's columns.
inline constexpr int kTableBias = kGroupColumns / 4 * 32 * 16;
// The tokens whose tables of one group stay in the first-level cache for all row tiles.
inline constexpr int kTokensOfTables = 16;
// Whether the product takes tables in place of activations.
inline bool takes_tables(const KernelSet& set, TernaryLayout layout, int m) {
  return layout == TernaryLayout::kB1 && m <= set.table_tokens;
}

// out[i][row] = sum over the groups g, in order, of fma(s, d * x_scale, sum so far), where s is the
// exact integer product of the group's weights and activations, d the f16 scale of the row's group
// and x_scale that of the activations' group.
//   tiles       row tiles, starting at row tile 0
//   x           int8 [groups][group_bytes]: a group's activations of all tokens, packed as Packing
//               says with max_block(set, m), m and group_places(); zero in places without a column.
//               Where takes_tables(): tables [groups][m][kTableBytes] instead, aligned to 16
//   x_scales    float [groups][m]
//   x_sums      int32 [groups][m]: sum of each token's activations of the group
//   out         float [m][ldo], aligned to nothing
//   sums        int32 [m][32], scratch aligned to 64
//   scratch     scratch_bytes(group_places()), aligned to 64
struct GroupedProduct {
  TernaryLayout layout;
  const uint8_t* tiles;
  int groups;
  int max_block;
  const int8_t* x;
  size_t group_bytes;
  const float* x_scales;
  const int32_t* x_sums;
  int m;
  float* out;
  size_t ldo;
  int32_t* sums;
  uint8_t* scratch;
};

// Adds one group's sums [m][32] to out [m][ldo]: out = fma(sum, scale * x_scale, out).
struct GroupSums {
  const int32_t* sums;
  const uint16_t* scales;  // f16 [32]
  const float* x_scales;   // [m]
  int m;
  float* out;
  size_t ldo;
};

// Computes rows [tile_begin * 32, tile_end * 32) of each token.
void grouped_product(const KernelSet& set, const GroupedProduct& p, int tile_begin, int tile_end);

// The same with activations that are not quantised, x float [m][ldx], to compare with reference
// implementations. It is scalar code on every machine.
struct GroupedFloatProduct {
  TernaryLayout layout;
  const uint8_t* tiles;
  int groups;
  const float* x;
  size_t ldx;
  int m;
  float* out;
  size_t ldo;
};
void grouped_product_float(const GroupedFloatProduct& p, int tile_begin, int tile_end);

// Row `row` (0 .. 31) of a row tile as floats, weight = ternary * scale.
void grouped_row(TernaryLayout layout, const uint8_t* row_tile, int groups, int row, float* out);

}  // namespace sterna
