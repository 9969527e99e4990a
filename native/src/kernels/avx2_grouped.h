// The T2 product with scales per group for one token, for the two 256-bit sets; see avx2_lanes.h
// for D. With more tokens it is made of t2_product and add_group.
//
// A thread works on two row tiles in turns, group by group: two linear streams keep the memory
// busier than one.
#pragma once

#include "kernels/avx2_t2.h"
#include "kernels/grouped.h"

namespace sterna {
namespace {

// One group of one token: its activations [128], their sum and what 1 of them is worth.
struct GroupInput {
  const int8_t* x;
  int32_t sum;
  float scale;
};

// out [32] += one unit's weights times the group. As one_block, but the sums end in floats.
template <class D>
__attribute__((noinline)) void grouped_one(const uint8_t* unit, const GroupInput& input,
                                           float* out) {
  constexpr int kSteps = group_steps(TernaryLayout::kT2);
  // An int16 lane takes two additions of weights up to 8 a step, each of two columns.
  static_assert(kSteps == kChunkOfOne);
  const __m256i mask0 = _mm256_set1_epi8(0x03);
  const __m256i mask1 = _mm256_set1_epi8(0x0c);
  const uint8_t* tile = unit + kGroupScaleBytes;
  const int8_t* x = input.x;
  _mm_prefetch(reinterpret_cast<const char*>(unit) + kAheadOfOne, _MM_HINT_T0);
  __m256i a[4][2];
  clear(a);
  for (int step = 0; step < kSteps; ++step) {
    fetch<kAheadOfOne>(tile);
    each<2>([&](auto half) STERNA_INLINE {
      constexpr int v = 2 * half;
      const __m256i w0 = load256(tile + 32 * v);
      const __m256i w1 = load256(tile + 32 * v + 32);
      D::add2(a[v][0], a[v + 1][0], _mm256_and_si256(w0, mask0), _mm256_and_si256(w1, mask0), x);
      D::add2(a[v][1], a[v + 1][1], _mm256_and_si256(w0, mask1), _mm256_and_si256(w1, mask1),
              x + 4);
      const __m256i h0 = _mm256_srli_epi16(w0, 4);
      const __m256i h1 = _mm256_srli_epi16(w1, 4);
      D::add2(a[v][0], a[v + 1][0], _mm256_and_si256(h0, mask0), _mm256_and_si256(h1, mask0),
              x + 8);
      D::add2(a[v][1], a[v + 1][1], _mm256_and_si256(h0, mask1), _mm256_and_si256(h1, mask1),
              x + 12);
    });
    tile += kTileBytes;
    x += kT2Cols;
  }
  const __m256i sum = _mm256_set1_epi32(input.sum);
  const __m256 scale = _mm256_set1_ps(input.scale);
  each<4>([&](auto v) STERNA_INLINE {
    const __m256i products =
        _mm256_add_epi32(D::widen(a[v][0]), _mm256_srai_epi32(D::widen(a[v][1]), 2));
    const __m256 exact = _mm256_cvtepi32_ps(_mm256_sub_epi32(products, sum));
    const auto* halves = reinterpret_cast<const __m128i*>(unit + 16 * v);
    const __m256 factor = _mm256_mul_ps(_mm256_cvtph_ps(_mm_loadu_si128(halves)), scale);
    _mm256_storeu_ps(out + 8 * v, _mm256_fmadd_ps(exact, factor, _mm256_loadu_ps(out + 8 * v)));
  });
}

// One token alone; more are made of the other two functions.
template <class D>
void t2_grouped_one(const GroupedProduct& p, int tile_begin, int tile_end) {
  const size_t row_tile = grouped_row_tile_bytes(TernaryLayout::kT2, p.groups);
  const int half = (tile_end - tile_begin + 1) / 2;
  for (int row = tile_begin * kTileRows; row < tile_end * kTileRows; ++row) p.out[row] = 0;
  for (int t = tile_begin; t < tile_begin + half; ++t) {
    for (int group = 0; group < p.groups; ++group) {
      const GroupInput input = {p.x + static_cast<size_t>(group) * p.group_bytes, p.x_sums[group],
                                p.x_scales[group]};
      const size_t unit = static_cast<size_t>(group) * unit_bytes(TernaryLayout::kT2);
      grouped_one<D>(p.tiles + static_cast<size_t>(t) * row_tile + unit, input,
                     p.out + static_cast<size_t>(t) * kTileRows);
      if (t + half < tile_end) {
        grouped_one<D>(p.tiles + static_cast<size_t>(t + half) * row_tile + unit, input,
                       p.out + static_cast<size_t>(t + half) * kTileRows);
      }
    }
  }
}

}  // namespace
}  // namespace sterna
