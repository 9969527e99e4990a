// The int8 head's planes for the two 256-bit sets. avx2_lanes.h describes D.
#pragma once

#include "kernels/avx2_lanes.h"
#include "kernels/kernels.h"

namespace sterna {
namespace {

// How many additions of nibbles, up to 15, D's lanes have room for (int16: 8 * 15 * 2 * 128 =
// 30,720).
template <class D>
inline constexpr int kNibbleAdds = D::kAdds / 15;

// The number of steps that a thread reads from one half of its range before it turns to the other,
// as in avx2_t2.h.
constexpr int kHeadChunk = 16;
constexpr int kHeadAhead = 2048;
constexpr int kHeadTokens = 4;
// How many bytes ahead the low nibbles are prefetched; their rows follow one another
// (docs/measurements/kernels.md).
constexpr int kLowAhead = 1024;

STERNA_INLINE inline __m256i nibble(__m256i w, bool high) {
  return _mm256_and_si256(high ? _mm256_srli_epi16(w, 4) : w, _mm256_set1_epi8(0x0f));
}

// V vectors of eight rows, `steps` times eight columns, T tokens. Adds to the output.
template <class D, int V, int T, int kFetch>
__attribute__((noinline)) void high_block(const uint8_t* w, int steps, const int8_t* xh,
                                          const int8_t* xl, size_t ldx, int32_t* out, size_t ldo) {
  // With one token there are enough registers to sum the low and the high nibbles separately, which
  // halves the latency.
  constexpr int N = T == 1 ? 2 : 1;
  constexpr int kSteps = kNibbleAdds<D> * N / 2;
  for (; steps > 0; steps -= kSteps) {
    const int n = steps < kSteps ? steps : kSteps;
    __m256i big[N * V][T], small[N * V][T];
    clear(big);
    clear(small);
    for (int step = 0; step < n; ++step) {
      fetch<kFetch>(w);
      each<2>([&](auto high) STERNA_INLINE {
        constexpr int first = N == 2 ? high * V : 0;
        // Loaded once, both nibbles would stay in registers that three tokens need (clang 14).
        if constexpr (T == 3) asm("" : "+r"(w));
        const __m256i c = nibble(load256(w), high);
        if constexpr (V == 1) {
          each<T>([&](auto t) STERNA_INLINE {
            D::add(big[first][t], c, xh + t * ldx + 4 * high);
            D::add(small[first][t], c, xl + t * ldx + 4 * high);
          });
        } else {
          const __m256i d = nibble(load256(w + 32), high);
          each<T>([&](auto t) STERNA_INLINE {
            D::add2(big[first][t], big[first + 1][t], c, d, xh + t * ldx + 4 * high);
            D::add2(small[first][t], small[first + 1][t], c, d, xl + t * ldx + 4 * high);
          });
        }
      });
      w += 64;
      xh += 8;
      xl += 8;
    }
    each<T>([&](auto t) STERNA_INLINE {
      each<N * V>([&](auto v) STERNA_INLINE {
        auto* to = reinterpret_cast<__m256i*>(out + t * ldo + 8 * (v % V));
        const __m256i sum =
            _mm256_add_epi32(_mm256_slli_epi32(D::widen(big[v][t]), 8), D::widen(small[v][t]));
        _mm256_storeu_si256(to, _mm256_add_epi32(_mm256_loadu_si256(to), sum));
      });
    });
  }
}

template <class D>
void head_high(const HeadHighProduct& p, int group_begin, int group_end) {
  const int streams = group_end - group_begin < 2 ? 1 : 2;
  const int half = (group_end - group_begin + 1) / 2;
  for (int g = group_begin; g < group_begin + half; ++g) {
    for (int step = 0; step < p.k_steps; step += kHeadChunk) {
      const int steps = p.k_steps - step < kHeadChunk ? p.k_steps - step : kHeadChunk;
      for (int s = 0; s < streams; ++s) {
        const int at = g + s * half;
        if (at >= group_end) break;
        const uint8_t* w = p.high + (static_cast<size_t>(at) * p.k_steps + step) * 64;
        for (BlockCursor block(p.m, kHeadTokens); block.next();) {
          const int i = block.begin;
          const size_t x = i * p.ldx + static_cast<size_t>(step) * 8;
          int32_t* o = p.out + i * p.ldo + static_cast<size_t>(at) * 16;
          with_width<kHeadTokens>(block.width, [&]<int T>() {
            if (step == 0) {
              for (int t = 0; t < T; ++t) {
                for (int row = 0; row < 16; ++row) o[t * p.ldo + row] = 0;
              }
            }
            // Three tokens times two vectors of rows are 12 sums already.
            constexpr int V = T < 4 ? 2 : 1;
            high_block<D, V, T, kHeadAhead>(w, steps, p.xh + x, p.xl + x, p.ldx, o, p.ldo);
            if constexpr (V == 1) {
              high_block<D, V, T, 0>(w + 32, steps, p.xh + x, p.xl + x, p.ldx, o + 8, p.ldo);
            }
          });
        }
      }
    }
  }
}

inline int32_t fold_epi32(__m256i v) {
  __m128i s = _mm_add_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
  s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0x4e));
  s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0xb1));
  return _mm_cvtsi128_si32(s);
}

template <class D>
int32_t head_middle(const uint8_t* bits, int chunks, const int8_t* x) {
  __m256i sum = _mm256_setzero_si256();
  constexpr int kChunks = D::kAdds / 8;
  for (; chunks > 0; chunks -= kChunks) {
    const int n = chunks < kChunks ? chunks : kChunks;
    __m256i sums[2];
    each<2>([&](auto i) STERNA_INLINE { sums[i] = _mm256_setzero_si256(); });
    for (int c = 0; c < n; ++c) {
      each<2>([&](auto half) STERNA_INLINE {
        const __m256i w = load256(bits + 32 * half);
        each<8>([&](auto b) STERNA_INLINE {
          const __m256i bit = _mm256_and_si256(_mm256_srli_epi16(w, b), _mm256_set1_epi8(1));
          D::dot(sums[half], bit, load256(x + 32 * half + 64 * b));
        });
      });
      bits += 64;
      x += 512;
    }
    each<2>([&](auto i) STERNA_INLINE { sum = _mm256_add_epi32(sum, D::widen(sums[i])); });
  }
  return fold_epi32(sum);
}

template <class D>
int32_t head_low(const uint8_t* low, int chunks, const int8_t* xh, const int8_t* xl) {
  __m256i big = _mm256_setzero_si256();
  __m256i small = _mm256_setzero_si256();
  constexpr int kChunks = kNibbleAdds<D> / 2;
  for (; chunks > 0; chunks -= kChunks) {
    const int n = chunks < kChunks ? chunks : kChunks;
    __m256i b[2], s[2];
    each<2>([&](auto i) STERNA_INLINE { b[i] = s[i] = _mm256_setzero_si256(); });
    for (int c = 0; c < n; ++c) {
      _mm_prefetch(reinterpret_cast<const char*>(low) + kLowAhead, _MM_HINT_T0);
      each<2>([&](auto half) STERNA_INLINE {
        const __m256i w = load256(low + 32 * half);
        each<2>([&](auto high) STERNA_INLINE {
          const __m256i nibbles = nibble(w, high);
          D::dot(b[high], nibbles, load256(xh + 32 * half + 64 * high));
          D::dot(s[high], nibbles, load256(xl + 32 * half + 64 * high));
        });
      });
      low += 64;
      xh += 128;
      xl += 128;
    }
    each<2>([&](auto i) STERNA_INLINE {
      big = _mm256_add_epi32(big, D::widen(b[i]));
      small = _mm256_add_epi32(small, D::widen(s[i]));
    });
  }
  return fold_epi32(_mm256_add_epi32(_mm256_slli_epi32(big, 8), small));
}

}  // namespace
}  // namespace sterna
