#include "kernels/grouped.h"

#include <algorithm>

#include "kernels/f16.h"

namespace sterna {
namespace {

// With up to this many tokens, reading the weights from memory is not slower than multiplying them.
// With more, the activations of one group should stay in the first-level cache for all row tiles.
constexpr int kFewTokens = 8;

uint16_t scale_bits(const uint8_t* row_tile, TernaryLayout layout, int group, int row) {
  const uint8_t* p = row_tile + group_scales_at(layout, group) + 2 * row;
  return static_cast<uint16_t>(p[0] | p[1] << 8);
}

// Writes the ternary weights [128] of one group of one row.
void decode_group(TernaryLayout layout, const uint8_t* row_tile, int group, int row, float* out) {
  const uint8_t* tiles = row_tile + group_tiles_at(layout, group);
  for (int column = 0; column < kGroupColumns; ++column) {
    const int place = group_place(layout, group, column);
    const uint8_t* tile = tiles + static_cast<size_t>(place / tile_cols(layout)) * kTileBytes;
    out[column] = static_cast<float>(tile_code(layout, tile, row, place % tile_cols(layout)) - 1);
  }
}

// The bits b of the number n (0 .. 15) as the codes 2 b of four bytes.
inline uint32_t spread(uint32_t n) { return (n * 0x00204081u & 0x01010101u) << 1; }

// Writes a group's B1 tiles as T2 tiles.
void binary_to_t2(const uint8_t* binary, uint8_t* tiles) {
  for (int pair = 0; pair < kGroupColumns / kT2Cols; ++pair) {
    for (int row = 0; row < kTileRows; ++row) {
      const uint32_t low = binary[binary_lane(row)];
      const uint32_t high = binary[32 + binary_lane(row)];
      const uint32_t dword = spread(low & 15) | spread(low >> 4) << 2 | spread(high & 15) << 4 |
                             spread(high >> 4) << 6;
      for (int j = 0; j < 4; ++j) tiles[4 * row + j] = static_cast<uint8_t>(dword >> (8 * j));
    }
    binary += 64;
    tiles += kTileBytes;
  }
}

void one_group(const KernelSet& set, const GroupedProduct& p, int group, int tile) {
  const uint8_t* row_tile =
      p.tiles + static_cast<size_t>(tile) * grouped_row_tile_bytes(p.layout, p.groups);
  const size_t first = static_cast<size_t>(group) * static_cast<size_t>(p.m);
  const auto product = p.layout == TernaryLayout::kT16 ? set.t16_product : set.t2_product;
  const uint8_t* tiles = row_tile + group_tiles_at(p.layout, group);
  alignas(64) uint8_t wider[group_steps(TernaryLayout::kT2) * kTileBytes];
  const bool is_binary = p.layout == TernaryLayout::kB1;
  if (is_binary) binary_to_t2(tiles, wider);
  product({.tiles = is_binary ? wider : tiles,
           .k_steps = group_steps(is_binary ? TernaryLayout::kT2 : p.layout),
           .max_block = p.max_block,
           .x = p.x + static_cast<size_t>(group) * p.group_bytes,
           .x_sums = p.x_sums + first,
           .m = p.m,
           .out = p.sums,
           .ldo = kTileRows,
           .scratch = p.scratch},
          0, 1);
  set.add_group(
      {.sums = p.sums,
       .scales = reinterpret_cast<const uint16_t*>(row_tile + group_scales_at(p.layout, group)),
       .x_scales = p.x_scales + first,
       .m = p.m,
       .out = p.out + static_cast<size_t>(tile) * kTileRows,
       .ldo = p.ldo});
}

}  // namespace

void grouped_product(const KernelSet& set, const GroupedProduct& p, int tile_begin, int tile_end) {
  if (takes_tables(set, p.layout, p.m)) return set.b1_grouped(p, tile_begin, tile_end);
  if (p.layout == TernaryLayout::kT2 && set.t2_grouped) {
    return set.t2_grouped(p, tile_begin, tile_end);
  }
  for (int i = 0; i < p.m; ++i) {
    float* row = p.out + static_cast<size_t>(i) * p.ldo;
    std::fill(row + tile_begin * kTileRows, row + tile_end * kTileRows, 0.0f);
  }
  if (p.m > kFewTokens) {
    for (int group = 0; group < p.groups; ++group) {
      for (int tile = tile_begin; tile < tile_end; ++tile) one_group(set, p, group, tile);
    }
    return;
  }
  // Working on two row tiles alternately gives two streams from memory, which use more of its
  // bandwidth than one.
  const int half = (tile_end - tile_begin + 1) / 2;
  for (int tile = tile_begin; tile < tile_begin + half; ++tile) {
    for (int group = 0; group < p.groups; ++group) {
      one_group(set, p, group, tile);
      if (tile + half < tile_end) one_group(set, p, group, tile + half);
    }
  }
}

void grouped_product_float(const GroupedFloatProduct& p, int tile_begin, int tile_end) {
  const size_t bytes = grouped_row_tile_bytes(p.layout, p.groups);
  float weights[kGroupColumns];
  for (int row = tile_begin * kTileRows; row < tile_end * kTileRows; ++row) {
    const uint8_t* row_tile = p.tiles + static_cast<size_t>(row / kTileRows) * bytes;
    for (int i = 0; i < p.m; ++i) p.out[static_cast<size_t>(i) * p.ldo + row] = 0;
    for (int group = 0; group < p.groups; ++group) {
      decode_group(p.layout, row_tile, group, row % kTileRows, weights);
      const float scale = f16_to_f32(scale_bits(row_tile, p.layout, group, row % kTileRows));
      for (int i = 0; i < p.m; ++i) {
        const float* x = p.x + static_cast<size_t>(i) * p.ldx + group * kGroupColumns;
        float sums[16] = {};
        for (int k = 0; k < kGroupColumns; ++k) sums[k % 16] += weights[k] * x[k];
        float sum = 0;
        for (const float part : sums) sum += part;
        p.out[static_cast<size_t>(i) * p.ldo + row] += sum * scale;
      }
    }
  }
}

void grouped_row(TernaryLayout layout, const uint8_t* row_tile, int groups, int row, float* out) {
  for (int group = 0; group < groups; ++group) {
    const float scale = f16_to_f32(scale_bits(row_tile, layout, group, row));
    decode_group(layout, row_tile, group, row, out);
    for (int column = 0; column < kGroupColumns; ++column) *out++ *= scale;
  }
}

}  // namespace sterna
