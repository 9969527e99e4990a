// The B1 product with scales per group, by tables (kTableBytes in grouped.h): a weight of four
// columns is looked up by vpshufb, for 32 rows at a time. Include it only in avx2.cc; the warnings
// there apply.
//
// A thread works on two row tiles at once. They share the loads of the tables, and two linear
// streams use more of the memory's bandwidth than one.
#pragma once

#include "kernels/avx2_lanes.h"
#include "kernels/grouped.h"

namespace sterna {
namespace {

// How many bytes ahead the weights are prefetched (docs/measurements/kernels.md).
constexpr int kAheadOfBinary = 3072;

STERNA_INLINE inline __m256i both_lanes(const uint8_t* p) {
  return _mm256_broadcastsi128_si256(_mm_load_si128(reinterpret_cast<const __m128i*>(p)));
}

void b1_tables(const int8_t* x, uint8_t* tables) {
  const __m256i low_half = _mm256_set1_epi8(15);
  // Entry e takes column b where bit b of e is set.
  __m256i mask[4];
  each<4>([&](auto b) STERNA_INLINE {
    const __m128i entries = _mm_setr_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    const __m256i bit = _mm256_set1_epi8(1 << b);
    mask[b] = _mm256_cmpeq_epi8(_mm256_and_si256(_mm256_broadcastsi128_si256(entries), bit), bit);
  });
  const __m256i bias = _mm256_setr_m128i(_mm_setzero_si128(), _mm_set1_epi8(32));
  for (int column = 0; column < kGroupColumns; column += 16) {
    const __m256i columns = both_lanes(reinterpret_cast<const uint8_t*>(x + column));
    const __m256i low = _mm256_and_si256(columns, low_half);
    const __m256i high = _mm256_sub_epi8(
        _mm256_and_si256(_mm256_srli_epi16(_mm256_xor_si256(columns, _mm256_set1_epi8(-128)), 4),
                         low_half),
        _mm256_set1_epi8(8));
    const __m256i digits = _mm256_blend_epi32(low, high, 0xf0);
    each<4>([&](auto quad) STERNA_INLINE {
      __m256i entries = bias;
      each<4>([&](auto b) STERNA_INLINE {
        const __m256i digit = _mm256_shuffle_epi8(digits, _mm256_set1_epi8(4 * quad + b));
        entries = _mm256_add_epi8(entries, _mm256_and_si256(digit, mask[b]));
      });
      _mm256_store_si256(reinterpret_cast<__m256i*>(tables), entries);
      tables += 32;
    });
  }
}

// The sums of 32 rows, of the digits l (0) and h (1). `all` adds up pairs of bytes as 16-bit
// numbers and `odd` their upper bytes; neither `odd` nor the sums of lower bytes exceed 1,920.
struct BinarySums {
  __m256i all[2];
  __m256i odd[2];
};

// Looks up 16 columns of the 32 rows at w.
STERNA_INLINE inline void look_up(const uint8_t* w, const uint8_t* tables, BinarySums& sums) {
  const __m256i low_half = _mm256_set1_epi8(15);
  __m256i bytes[2];
  each<2>([&](auto vector) STERNA_INLINE {
    const __m256i columns = load256(w + 32 * vector);
    each<2>([&](auto half) STERNA_INLINE {
      const __m256i entry =
          _mm256_and_si256(half == 0 ? columns : _mm256_srli_epi16(columns, 4), low_half);
      each<2>([&](auto digit) STERNA_INLINE {
        const __m256i table = both_lanes(tables + 64 * vector + 32 * half + 16 * digit);
        const __m256i found = _mm256_shuffle_epi8(table, entry);
        constexpr bool kIsFirst = vector == 0 && half == 0;
        bytes[digit] = kIsFirst ? found : _mm256_add_epi8(bytes[digit], found);
      });
    });
  });
  each<2>([&](auto digit) STERNA_INLINE {
    sums.all[digit] = _mm256_add_epi16(sums.all[digit], bytes[digit]);
    sums.odd[digit] = _mm256_add_epi16(sums.odd[digit], _mm256_srli_epi16(bytes[digit], 8));
  });
}

// out [32] += the exact product times both scales. A weight is twice its bit less one.
STERNA_INLINE inline void put_binary(const uint8_t* unit, const BinarySums& sums, int32_t x_sum,
                                     float x_scale, float* out) {
  const __m256i bias = _mm256_set1_epi16(static_cast<int16_t>(2 * kTableBias + x_sum));
  const auto weighted = [&](__m256i low, __m256i high) STERNA_INLINE {
    const __m256i twice = _mm256_add_epi16(_mm256_slli_epi16(high, 5), _mm256_slli_epi16(low, 1));
    return _mm256_sub_epi16(twice, bias);
  };
  const auto even = [&](auto digit) STERNA_INLINE {
    return _mm256_sub_epi16(sums.all[digit], _mm256_slli_epi16(sums.odd[digit], 8));
  };
  constexpr std::integral_constant<int, 0> l;
  constexpr std::integral_constant<int, 1> h;
  const __m256i products[2] = {weighted(even(l), even(h)), weighted(sums.odd[0], sums.odd[1])};
  const __m256 scale = _mm256_set1_ps(x_scale);
  each<4>([&](auto v) STERNA_INLINE {
    const __m256i pair = products[v / 2];
    const __m256i upper =
        v % 2 == 0 ? _mm256_unpacklo_epi16(pair, pair) : _mm256_unpackhi_epi16(pair, pair);
    const __m256 exact = _mm256_cvtepi32_ps(_mm256_srai_epi32(upper, 16));
    const auto* row_scales = reinterpret_cast<const __m128i*>(unit + 16 * v);
    const __m256 factor = _mm256_mul_ps(_mm256_cvtph_ps(_mm_loadu_si128(row_scales)), scale);
    _mm256_storeu_ps(out + 8 * v, _mm256_fmadd_ps(exact, factor, _mm256_loadu_ps(out + 8 * v)));
  });
}

// One group of one token.
struct BinaryInput {
  const uint8_t* tables;
  int32_t sum;
  float scale;
};

// The units of `kTiles` row tiles and where their sums go.
template <int kTiles>
struct BinaryUnits {
  const uint8_t* unit[kTiles];
  float* out[kTiles];
};

template <int kTiles>
__attribute__((noinline)) void binary_units(const BinaryUnits<kTiles>& units,
                                            const BinaryInput& input) {
  BinarySums sums[kTiles];
  each<kTiles>([&](auto i) STERNA_INLINE {
    each<2>([&](auto digit) STERNA_INLINE {
      sums[i].all[digit] = sums[i].odd[digit] = _mm256_setzero_si256();
    });
  });
  const uint8_t* tables = input.tables;
  for (int step = 0; step < kGroupColumns / 16; ++step) {
    each<kTiles>([&](auto i) STERNA_INLINE {
      const uint8_t* w = units.unit[i] + kGroupScaleBytes + 64 * step;
      _mm_prefetch(reinterpret_cast<const char*>(w) + kAheadOfBinary, _MM_HINT_T0);
      look_up(w, tables, sums[i]);
    });
    tables += 128;
  }
  each<kTiles>([&](auto i) STERNA_INLINE {
    put_binary(units.unit[i], sums[i], input.sum, input.scale, units.out[i]);
  });
}

// Tokens [first, first + count) of one group of row tile `tile` and, with two, of tile + apart.
template <int kTiles>
void binary_tokens(const GroupedProduct& p, int group, int tile, int apart, int first, int count) {
  const size_t row_tile = grouped_row_tile_bytes(TernaryLayout::kB1, p.groups);
  BinaryUnits<kTiles> units;
  for (int i = 0; i < kTiles; ++i) {
    const size_t at = static_cast<size_t>(tile + i * apart);
    units.unit[i] =
        p.tiles + at * row_tile + static_cast<size_t>(group) * unit_bytes(TernaryLayout::kB1);
    units.out[i] = p.out + static_cast<size_t>(first) * p.ldo + at * kTileRows;
  }
  const auto* tables = reinterpret_cast<const uint8_t*>(p.x) +
                       static_cast<size_t>(group) * p.group_bytes +
                       static_cast<size_t>(first) * kTableBytes;
  const size_t at = static_cast<size_t>(group) * p.m + first;
  for (int t = 0; t < count; ++t) {
    binary_units<kTiles>(units, {tables, p.x_sums[at + t], p.x_scales[at + t]});
    tables += kTableBytes;
    for (int i = 0; i < kTiles; ++i) units.out[i] += p.ldo;
  }
}

void b1_grouped(const GroupedProduct& p, int tile_begin, int tile_end) {
  for (int i = 0; i < p.m; ++i) {
    for (int row = tile_begin * kTileRows; row < tile_end * kTileRows; ++row) {
      p.out[i * p.ldo + row] = 0;
    }
  }
  const int half = (tile_end - tile_begin) / 2;
  const int odd = tile_begin + 2 * half;  // the tile without a partner, where there is one
  const auto of_tile = [&](int group, int tile, int first, int count) {
    if (tile < tile_begin + half) binary_tokens<2>(p, group, tile, half, first, count);
    if (tile == odd) binary_tokens<1>(p, group, tile, 0, first, count);
  };
  const auto tiles = [&](const auto& f) {
    for (int tile = tile_begin; tile < tile_begin + half; ++tile) f(tile);
    if (odd < tile_end) f(odd);
  };
  if (p.m <=
      4) {  // the weights of a row tile come from memory in the order in which they lie there
    return tiles([&](int tile) {
      for (int group = 0; group < p.groups; ++group) of_tile(group, tile, 0, p.m);
    });
  }
  for (int group = 0; group < p.groups; ++group) {
    for (int first = 0; first < p.m; first += kTokensOfTables) {
      const int left = p.m - first;
      const int count = left < kTokensOfTables ? left : kTokensOfTables;
      tiles([&](int tile) { of_tile(group, tile, first, count); });
    }
  }
}

}  // namespace
}  // namespace sterna
