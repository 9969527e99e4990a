// The T2 product of the two 256-bit sets. avx2_lanes.h describes D.
//
// A row tile is processed in chunks of columns, each chunk for all tokens. The sums of a chunk are
// added to the output, so only one chunk has to fit int16. A thread works on two row tiles
// alternately, chunk by chunk, one from each half of its range: two linear streams use more of the
// memory's bandwidth than one (see kAhead).
#pragma once

#include "kernels/avx2_lanes.h"
#include "kernels/kernels.h"

namespace sterna {
namespace {

// The largest block of tokens: 12 sums and what they are computed from fill the 16 registers.
constexpr int kMaxBlock = 6;
// Up to this many tokens the weights are unpacked in registers, not to memory.
constexpr int kFew = 12;

// The steps of a chunk: int16 has room for 64 additions of weights up to 2, four in each step.
constexpr int kChunk = 16;
// The steps of a chunk for one token, where half of the weights carry the factor 4.
constexpr int kChunkOfOne = 8;
// How many bytes ahead the weights are prefetched, and the same for one token
// (docs/measurements/kernels.md).
constexpr int kAhead = 3072;
constexpr int kAheadOfOne = 2048;

template <int P>
STERNA_INLINE inline __m256i plane(__m256i w) {
  return _mm256_and_si256(P == 0 ? w : _mm256_srli_epi16(w, 2 * P), _mm256_set1_epi8(0x03));
}

// Writes eight rows of one token. Chunks add to the output, which starts at -x_sum.
STERNA_INLINE inline void put(int32_t* out, __m256i sums) {
  auto* to = reinterpret_cast<__m256i*>(out);
  _mm256_storeu_si256(to, _mm256_add_epi32(_mm256_loadu_si256(to), sums));
}

inline void start(const TernaryProduct& a, int32_t* out) {
  for (int t = 0; t < a.m; ++t) {
    const __m256i first = _mm256_set1_epi32(-a.x_sums[t]);
    auto* to = reinterpret_cast<__m256i*>(out + t * a.ldo);
    each<4>([&](auto v) STERNA_INLINE { _mm256_storeu_si256(to + v, first); });
  }
}

template <class D, int V, int T>
STERNA_INLINE inline void put_all(const __m256i (&a)[V][T], int32_t* out, size_t ldo) {
  each<T>([&](auto t) STERNA_INLINE {
    each<V>([&](auto v) STERNA_INLINE { put(out + 8 * v, D::widen(a[v][t])); });
    out += ldo;
  });
}

// All 32 rows and one token. Planes 1 and 3 are not shifted to the low bits of the nibble, so their
// sums carry the factor 4; that saves two shifts per vector.
template <class D>
__attribute__((noinline)) void one_block(const uint8_t* tile, int steps, const int8_t* x,
                                         int32_t* out) {
  const __m256i mask0 = _mm256_set1_epi8(0x03);
  const __m256i mask1 = _mm256_set1_epi8(0x0c);
  __m256i a[4][2];
  clear(a);
  for (int step = 0; step < steps; ++step) {
    fetch<kAheadOfOne>(tile);
    each<2>([&](auto half) STERNA_INLINE {
      constexpr int v = 2 * half;
      const auto add = [&](auto factor, __m256i w0, __m256i w1, const int8_t* xp) STERNA_INLINE {
        const __m256i mask = factor == 0 ? mask0 : mask1;
        D::add2(a[v][factor], a[v + 1][factor], _mm256_and_si256(w0, mask),
                _mm256_and_si256(w1, mask), xp);
      };
      constexpr std::integral_constant<int, 0> once;
      constexpr std::integral_constant<int, 1> four_times;
      const __m256i w0 = load256(tile + 32 * v);
      const __m256i w1 = load256(tile + 32 * v + 32);
      add(once, w0, w1, x);
      add(four_times, w0, w1, x + 4);
      const __m256i h0 = _mm256_srli_epi16(w0, 4);
      const __m256i h1 = _mm256_srli_epi16(w1, 4);
      add(once, h0, h1, x + 8);
      add(four_times, h0, h1, x + 12);
    });
    tile += kTileBytes;
    x += kT2Cols;
  }
  each<4>([&](auto v) STERNA_INLINE {
    put(out + 8 * v, _mm256_add_epi32(D::widen(a[v][0]), _mm256_srai_epi32(D::widen(a[v][1]), 2)));
  });
}

// The activations of T tokens: one block, or two of nearly the same width.
template <int T>
struct Tokens {
  static constexpr int kFirst = T <= kMaxBlock ? T : T / 2;  // tokens of the first block
  const int8_t* x;
  const int8_t* y;

  STERNA_INLINE const int8_t* token(int t) const {
    return t < kFirst ? x + 4 * t : y + 4 * (t - kFirst);
  }
  STERNA_INLINE void next() {
    x += 4 * kFirst;
    y += 4 * (T - kFirst);
  }
};

// V vectors of rows and T tokens.
template <class D, int V, int T, int kFetch>
__attribute__((noinline)) void few_block(const uint8_t* tile, int steps, Tokens<T> x, int32_t* out,
                                         size_t ldo) {
  __m256i a[V][T];
  clear(a);
  for (int step = 0; step < steps; ++step) {
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
  put_all<D>(a, out, ldo);
}

// The same from weights unpacked to bytes, w [4 * steps][2][32].
template <class D, int T>
__attribute__((noinline)) void bytes_block(const uint8_t* w, int steps, const int8_t* x,
                                           const int8_t* next, int32_t* out, size_t ldo) {
  __m256i a[2][T];
  clear(a);
  for (int step = 0; step < steps; ++step) {
    // Without a prefetch the next block's activations would come from L2 too late.
    _mm_prefetch(reinterpret_cast<const char*>(next + kT2Cols * T * step), _MM_HINT_T0);
    if (T > 4) {
      _mm_prefetch(reinterpret_cast<const char*>(next + kT2Cols * T * step + 64), _MM_HINT_T0);
    }
    each<4>([&](auto p) STERNA_INLINE {
      const __m256i c = load256(w + 64 * p);
      const __m256i d = load256(w + 64 * p + 32);
      each<T>([&](auto t) STERNA_INLINE { D::add2(a[0][t], a[1][t], c, d, x + 4 * (T * p + t)); });
    });
    w += 256;
    x += kT2Cols * T;
  }
  put_all<D>(a, out, ldo);
}

// Unpacks a chunk to bytes: rows 0..15 [4 * steps][16][4], then rows 16..31.
inline void t2_unpack(const uint8_t* tile, int steps, uint8_t* bytes) {
  uint8_t* other = bytes + static_cast<size_t>(steps) * 256;
  for (int step = 0; step < steps; ++step) {
    fetch<kAhead>(tile);
    each<4>([&](auto v) STERNA_INLINE {
      const __m256i w = load256(tile + 32 * v);
      auto* to = reinterpret_cast<__m256i*>((v < 2 ? bytes : other) + 32 * (v % 2));
      each<4>([&](auto p) STERNA_INLINE { _mm256_store_si256(to + 2 * p, plane<p>(w)); });
    });
    tile += kTileBytes;
    bytes += 256;
    other += 256;
  }
}

// One chunk of one row tile.
struct Chunk {
  const TernaryProduct& a;
  const uint8_t* tile;  // where the chunk's first step is
  int step, steps;
  int32_t* out;

  // The activations of the block of `width` tokens that starts at token i.
  const int8_t* x(int i, int width) const {
    return a.x + i * static_cast<size_t>(a.k_steps) * kT2Cols +
           static_cast<size_t>(step) * kT2Cols * width;
  }
};

// How many vectors of rows are processed together for T tokens: V * T is at most 12 sums.
constexpr int rows_at_once(int tokens) { return tokens < 3 ? 4 : tokens < 7 ? 2 : 1; }

// T tokens, starting at token i.
template <class D, int T>
inline void t2_few(const Chunk& c, int i) {
  constexpr int V = rows_at_once(T);
  constexpr int kFirst = Tokens<T>::kFirst;
  const Tokens<T> x = {c.x(i, kFirst), c.x(i + kFirst, T - kFirst)};
  int32_t* out = c.out + i * c.a.ldo;
  each<4 / V>([&](auto part) STERNA_INLINE {
    few_block<D, V, T, part == 0 ? kAhead : 0>(c.tile + 32 * V * part, c.steps, x,
                                               out + 8 * V * part, c.a.ldo);
  });
}

template <class D>
inline void t2_many(const Chunk& c) {
  t2_unpack(c.tile, c.steps, c.a.scratch);
  for (BlockCursor block(c.a.m, kMaxBlock); block.next();) {
    const int i = block.begin;
    with_width<kMaxBlock>(block.width, [&]<int T>() {
      int32_t* out = c.out + i * c.a.ldo;
      for (int half = 0; half < 2; ++half) {
        bytes_block<D, T>(c.a.scratch + static_cast<size_t>(half) * c.steps * 256, c.steps,
                          c.x(i, T), half ? c.x(i, T) : c.x(i + T, T), out + 16 * half, c.a.ldo);
      }
    });
  }
}

template <class D>
void t2_product(const TernaryProduct& a, int tile_begin, int tile_end) {
  const int streams = tile_end - tile_begin < 2 ? 1 : 2;
  const int half = (tile_end - tile_begin + 1) / 2;
  const int chunk = a.m == 1 ? kChunkOfOne : a.m <= D::kPacked ? kChunk : D::kChunk;
  for (int t = tile_begin; t < tile_begin + half; ++t) {
    for (int step = 0; step < a.k_steps; step += chunk) {
      const int steps = a.k_steps - step < chunk ? a.k_steps - step : chunk;
      for (int s = 0; s < streams; ++s) {
        const int at = t + s * half;
        if (at >= tile_end) break;
        const Chunk c = {a, a.tiles + (static_cast<size_t>(at) * a.k_steps + step) * kTileBytes,
                         step, steps, a.out + static_cast<size_t>(at) * kTileRows};
        if (step == 0) start(a, c.out);
        if (a.m == 1) {
          one_block<D>(c.tile, steps, c.x(0, 1), c.out);
        } else if (a.m <= kFew) {
          with_width<kFew>(a.m, [&]<int T>() { t2_few<D, T>(c, 0); });
        } else if (a.m <= D::kPacked) {
          for (BlockCursor block(a.m, kMaxBlock); block.next();) {
            with_width<kMaxBlock>(block.width, [&]<int T>() { t2_few<D, T>(c, block.begin); });
          }
        } else {
          t2_many<D>(c);
        }
      }
    }
  }
}

}  // namespace
}  // namespace sterna
