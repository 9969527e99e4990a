// The T2 product with scales per group for the two 256-bit sets. avx2_lanes.h describes D.
//
// A thread works on two row tiles alternately, group by group: two linear streams use more of the
// memory's bandwidth than one.
#pragma once

#include "kernels/avx2_t2.h"
#include "kernels/grouped.h"

namespace sterna {
namespace {

// One group of one token: its activations [128], their sum, and the float value of 1 in int8.
struct GroupInput {
  const int8_t* x;
  int32_t sum;
  float scale;
};

// out [32] += one unit's weights times the group. Like one_block, but the sums end as floats.
template <class D>
__attribute__((noinline)) void grouped_one(const uint8_t* unit, const GroupInput& input,
                                           float* out) {
  constexpr int kSteps = group_steps(TernaryLayout::kT2);
  // Weights go up to 8 here, and an int16 lane takes two of their additions in each step, of two
  // columns each.
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
    const auto* row_scales = reinterpret_cast<const __m128i*>(unit + 16 * v);
    const __m256 factor = _mm256_mul_ps(_mm256_cvtph_ps(_mm_loadu_si128(row_scales)), scale);
    _mm256_storeu_ps(out + 8 * v, _mm256_fmadd_ps(exact, factor, _mm256_loadu_ps(out + 8 * v)));
  });
}

// For a block of T tokens and one group: the sums of the activations, and the float value of 1 in
// int8.
struct BlockScales {
  const int32_t* sums;
  const float* scales;
  float* out;
  size_t ldo;
};

// Lanes that widen to what the activations [T] add up to, taken away: weights are stored one larger
// than they are.
template <class D, int V, int T>
STERNA_INLINE inline void start(__m256i (&a)[V][T], const int32_t* sums) {
  each<T>([&](auto t) STERNA_INLINE {
    const __m256i first = D::start(-sums[t]);
    each<V>([&](auto v) STERNA_INLINE { a[v][t] = first; });
  });
}

// out [T][8 V] += what the lanes hold, times both scales.
// `row_scales` are the f16 scales of the same rows of weights.
template <class D, int V, int T>
STERNA_INLINE inline void put_scaled(const __m256i (&a)[V][T], const uint8_t* row_scales,
                                     const BlockScales& block) {
  __m256 d[V];
  each<V>([&](auto v) STERNA_INLINE {
    d[v] = _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(row_scales + 16 * v)));
  });
  // Copies, because the compiler has to expect that what is written changes the originals.
  const float* scales = block.scales;
  float* first = block.out;
  const size_t ldo = block.ldo;
  each<T>([&](auto t) STERNA_INLINE {
    const __m256 scale = _mm256_set1_ps(scales[t]);
    float* out = first + t * ldo;
    each<V>([&](auto v) STERNA_INLINE {
      const __m256 exact = _mm256_cvtepi32_ps(D::widen(a[v][t]));
      _mm256_storeu_ps(out + 8 * v, _mm256_fmadd_ps(exact, _mm256_mul_ps(d[v], scale),
                                                    _mm256_loadu_ps(out + 8 * v)));
    });
  });
}

// V vectors of rows, starting at vector `first` of the unit, and T tokens, from the packed tiles.
template <class D, int V, int T, int kFetch>
__attribute__((noinline)) void grouped_few_block(const uint8_t* unit, int first, Tokens<T> x,
                                                 const BlockScales& block) {
  const uint8_t* tile = unit + kGroupScaleBytes + 32 * first;
  __m256i a[V][T];
  start<D, V, T>(a, block.sums);
  for (int step = 0; step < group_steps(TernaryLayout::kT2); ++step) {
    fetch<kFetch>(tile);
    each<4>([&](auto p) STERNA_INLINE {
      each<(V + 1) / 2>([&](auto pair) STERNA_INLINE {
        constexpr int v = 2 * pair;
        const __m256i c = plane<p>(load256(tile + 32 * v));
        if constexpr (V == 1) {
          each<T>([&](auto t) STERNA_INLINE { D::add(a[0][t], c, x.token(t)); });
        } else {
          const __m256i d = plane<p>(load256(tile + 32 * v + 32));
          each<T>([&](auto t) STERNA_INLINE { D::add2(a[v][t], a[v + 1][t], c, d, x.token(t)); });
        }
      });
      x.next();
    });
    tile += kTileBytes;
  }
  put_scaled<D, V, T>(a, unit + 16 * first, block);
}

// Sixteen rows from weights unpacked to bytes [32][16][4]. `row_scales` are the rows' f16 scales.
template <class D, int T>
__attribute__((noinline)) void grouped_bytes_block(const uint8_t* w, const uint8_t* row_scales,
                                                   const int8_t* x, const BlockScales& block) {
  __m256i a[2][T];
  start<D, 2, T>(a, block.sums);
  for (int k = 0; k < kGroupColumns / 4; k += 4) {
    each<4>([&](auto p) STERNA_INLINE {
      const __m256i c = load256(w + 64 * p);
      const __m256i d = load256(w + 64 * p + 32);
      each<T>([&](auto t) STERNA_INLINE { D::add2(a[0][t], a[1][t], c, d, x + 4 * (T * p + t)); });
    });
    w += 256;
    x += 16 * T;
  }
  put_scaled<D, 2, T>(a, row_scales, block);
}

// One group of one row tile for all tokens.
template <class D>
struct GroupOfTokens {
  const GroupedProduct& p;
  int group;
  int tile;

  const uint8_t* unit() const {
    return p.tiles +
           static_cast<size_t>(tile) * grouped_row_tile_bytes(TernaryLayout::kT2, p.groups) +
           static_cast<size_t>(group) * unit_bytes(TernaryLayout::kT2);
  }
  const int8_t* x(int token) const {
    return p.x + static_cast<size_t>(group) * p.group_bytes +
           static_cast<size_t>(token) * kGroupColumns;
  }
  BlockScales block(int token) const {
    const size_t at = static_cast<size_t>(group) * p.m + token;
    return {p.x_sums + at, p.x_scales + at,
            p.out + token * p.ldo + static_cast<size_t>(tile) * kTileRows, p.ldo};
  }

  // T tokens, starting at token `i`.
  template <int T>
  void few(int i) const {
    constexpr int V = rows_at_once(T);
    constexpr int kFirst = Tokens<T>::kFirst;
    each<4 / V>([&](auto part) STERNA_INLINE {
      BlockScales b = block(i);
      b.out += 8 * V * part;
      grouped_few_block<D, V, T, part == 0 ? kAhead : 0>(unit(), V * part,
                                                         Tokens<T>{x(i), x(i + kFirst)}, b);
    });
  }
  void many() const {
    constexpr int kSteps = group_steps(TernaryLayout::kT2);
    t2_unpack(unit() + kGroupScaleBytes, kSteps, p.scratch);
    BlockScales scales = block(0);
    const int8_t* activations = x(0);
    for (BlockCursor block(p.m, kMaxBlock); block.next();) {
      with_width<kMaxBlock>(block.width, [&]<int T>() {
        grouped_bytes_block<D, T>(p.scratch, unit(), activations, scales);
        scales.out += 16;
        grouped_bytes_block<D, T>(p.scratch + kSteps * 256, unit() + 32, activations, scales);
        scales.out += static_cast<size_t>(T) * p.ldo - 16;
      });
      scales.sums += block.width;
      scales.scales += block.width;
      activations += block.width * kGroupColumns;
    }
  }
  void all() const {
    if (p.m <= kFew) return with_width<kFew>(p.m, [&]<int T>() { few<T>(0); });
    if (p.m > D::kPacked) return many();
    for (BlockCursor block(p.m, kMaxBlock); block.next();) {
      with_width<kMaxBlock>(block.width, [&]<int T>() { few<T>(block.begin); });
    }
  }
};

// One token. It is a case of its own because there is no time to compute all positions anew in
// every group.
template <class D>
void t2_grouped_token(const GroupedProduct& p, int tile_begin, int tile_end) {
  constexpr size_t kUnit = unit_bytes(TernaryLayout::kT2);
  const size_t row_tile = grouped_row_tile_bytes(TernaryLayout::kT2, p.groups);
  const int half = (tile_end - tile_begin + 1) / 2;
  for (int t = tile_begin; t < tile_begin + half; ++t) {
    const uint8_t* unit = p.tiles + static_cast<size_t>(t) * row_tile;
    float* out = p.out + static_cast<size_t>(t) * kTileRows;
    const bool has_other = t + half < tile_end;
    for (int group = 0; group < p.groups; ++group) {
      const GroupInput input = {p.x + static_cast<size_t>(group) * p.group_bytes, p.x_sums[group],
                                p.x_scales[group]};
      grouped_one<D>(unit, input, out);
      if (has_other) {
        grouped_one<D>(unit + static_cast<size_t>(half) * row_tile, input,
                       out + static_cast<size_t>(half) * kTileRows);
      }
      unit += kUnit;
    }
  }
}

template <class D>
void t2_grouped(const GroupedProduct& p, int tile_begin, int tile_end) {
  for (int i = 0; i < p.m; ++i) {
    for (int row = tile_begin * kTileRows; row < tile_end * kTileRows; ++row) {
      p.out[i * p.ldo + row] = 0;
    }
  }
  if (p.m == 1) return t2_grouped_token<D>(p, tile_begin, tile_end);
  if (p.m > kFew) {  // a row tile's outputs stay in the first-level cache for all groups
    for (int t = tile_begin; t < tile_end; ++t) {
      for (int group = 0; group < p.groups; ++group) GroupOfTokens<D>{p, group, t}.all();
    }
    return;
  }
  const int half = (tile_end - tile_begin + 1) / 2;
  for (int t = tile_begin; t < tile_begin + half; ++t) {
    for (int group = 0; group < p.groups; ++group) {
      GroupOfTokens<D>{p, group, t}.all();
      if (t + half < tile_end) GroupOfTokens<D>{p, group, t + half}.all();
    }
  }
}

}  // namespace
}  // namespace sterna
