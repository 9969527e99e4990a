// The planes of the int8 head for the AVX-512 sets. Include it after avx512.h, in files that are
// compiled for these instructions.
#pragma once

#include "kernels/avx512.h"

namespace sterna {
namespace {

// S groups of 16 rows, starting at `group` and `apart` from one another, each a stream of its own,
// for T tokens starting at `first`.
template <int S, int T>
inline void high_groups(const HeadHighProduct& p, int group, int apart, int first) {
  const size_t size = static_cast<size_t>(p.k_steps) * 64;
  const uint8_t* weights = p.high + group * size;
  const int8_t* xh = p.xh + first * p.ldx;
  const int8_t* xl = p.xl + first * p.ldx;
  int32_t* out = p.out + first * p.ldo + static_cast<size_t>(group) * 16;
  const __m512i nibble = _mm512_set1_epi8(0x0f);
  __m512i big[S][T], small[S][T];
#pragma GCC unroll 16
  for (int i = 0; i < S * T; ++i) big[i / T][i % T] = small[i / T][i % T] = _mm512_setzero_si512();
  for (int step = 0; step < p.k_steps; ++step) {
    __m512i w0[S], w1[S];
#pragma GCC unroll 16
    for (int s = 0; s < S; ++s) {
      const uint8_t* from = weights + s * apart * size + static_cast<size_t>(step) * 64;
      _mm_prefetch(reinterpret_cast<const char*>(from + kPrefetch), _MM_HINT_T0);
      const __m512i w = _mm512_loadu_si512(from);
      w0[s] = _mm512_and_si512(w, nibble);
      w1[s] = _mm512_and_si512(_mm512_srli_epi16(w, 4), nibble);
    }
#pragma GCC unroll 16
    for (int t = 0; t < T; ++t) {
      const size_t at = t * p.ldx + static_cast<size_t>(step) * 8;
      const __m512i h0 = broadcast4(xh + at), h1 = broadcast4(xh + at + 4);
      const __m512i l0 = broadcast4(xl + at), l1 = broadcast4(xl + at + 4);
#pragma GCC unroll 16
      for (int s = 0; s < S; ++s) {
        big[s][t] = dot(dot(big[s][t], w0[s], h0), w1[s], h1);
        small[s][t] = dot(dot(small[s][t], w0[s], l0), w1[s], l1);
      }
    }
  }
#pragma GCC unroll 16
  for (int i = 0; i < S * T; ++i) {
    const int s = i / T;
    const int t = i % T;
    _mm512_storeu_si512(out + s * apart * 16 + t * p.ldo,
                        _mm512_add_epi32(_mm512_slli_epi32(big[s][t], 8), small[s][t]));
  }
}

inline void head_high(const HeadHighProduct& p, int group_begin, int group_end) {
  for (int i = 0; i < p.m; i += 8) {
    const int tokens = p.m - i < 8 ? p.m - i : 8;
    int g = group_begin;
    if (tokens <= 4) {  // two streams of four tokens are 16 sums
      const int half = (group_end - group_begin) / 2;
      for (; g < group_begin + half; ++g) {
        with_width<4>(tokens, [&]<int T>() { high_groups<2, T>(p, g, half, i); });
      }
      g = group_begin + 2 * half;
    }
    for (; g < group_end; ++g) {
      with_width<8>(tokens, [&]<int T>() { high_groups<1, T>(p, g, 0, i); });
    }
  }
}

// Bit b is not shifted to the lowest place, so its products carry the factor 2^b, which is divided
// out exactly at the end, from the highest bit to the lowest.
inline int32_t head_middle(const uint8_t* bits, int chunks, const int8_t* x) {
  __m512i sums[8];
#pragma GCC unroll 8
  for (int b = 0; b < 8; ++b) sums[b] = _mm512_setzero_si512();
  for (int c = 0; c < chunks; ++c) {
    const __m512i w = _mm512_loadu_si512(bits);
#pragma GCC unroll 8
    for (int b = 0; b < 8; ++b) {
      const __m512i bit = _mm512_and_si512(w, _mm512_set1_epi8(static_cast<char>(1 << b)));
      sums[b] = dot(sums[b], bit, _mm512_loadu_si512(x + 64 * b));
    }
    bits += 64;
    x += 512;
  }
  __m512i sum = sums[7];
#pragma GCC unroll 8
  for (int b = 6; b >= 0; --b) sum = _mm512_add_epi32(shift_right<1>(sum), sums[b]);
  return add_lanes(sum);
}

inline int32_t head_low(const uint8_t* low, int chunks, const int8_t* xh, const int8_t* xl) {
  const __m512i nibble = _mm512_set1_epi8(0x0f);
  __m512i big = _mm512_setzero_si512();
  __m512i small = _mm512_setzero_si512();
  for (int c = 0; c < chunks; ++c) {
    const __m512i w = _mm512_loadu_si512(low + static_cast<size_t>(c) * 64);
    const __m512i w0 = _mm512_and_si512(w, nibble);
    const __m512i w1 = _mm512_and_si512(_mm512_srli_epi16(w, 4), nibble);
    const size_t k = static_cast<size_t>(c) * 128;
    big = dot(big, w0, _mm512_loadu_si512(xh + k));
    small = dot(small, w0, _mm512_loadu_si512(xl + k));
    big = dot(big, w1, _mm512_loadu_si512(xh + k + 64));
    small = dot(small, w1, _mm512_loadu_si512(xl + k + 64));
  }
  return add_lanes(_mm512_add_epi32(_mm512_slli_epi32(big, 8), small));
}

}  // namespace
}  // namespace sterna
