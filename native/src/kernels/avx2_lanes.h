// Building blocks for the products and the head of the two 256-bit sets. Include it only in files
// that are compiled for AVX2; the warnings of avx2.cc apply.
//
// The sets differ in how they multiply and add. Each brings a type D whose vectors hold running
// sums of eight rows, in lanes of D's own:
//   D::add(a, w, x)             a += w * x: four columns of eight rows (unsigned bytes w) times
//                               four activations at x
//   D::add2(a, b, w, v, x)      a += w * x, b += v * x
//   D::dot(a, w, x)             a += w * x, 32 of each
//   D::widen(a)                 the sums as int32, one for each row
//   D::start(sum)               lanes that widen to this sum in each row, which fits int16
//   D::kAdds                    after how many additions of weights up to 1 the lanes must be
//                               widened; weights up to n have n times fewer
//   D::kChunk                   steps of T2 that many tokens work off at a time
//   D::kPacked                  up to so many tokens, weights are not unpacked to memory
#pragma once

#include <immintrin.h>

#include <cstdint>
#include <utility>

#define STERNA_INLINE __attribute__((always_inline))

namespace sterna {
namespace {

// Calls f(0), .., f(N - 1) with constant indices. gcc 12 keeps an array of vectors in registers
// when its indices are constants from the start, but spills it when it must unroll a loop first
// (docs/measurements/kernels.md).
template <int N, class F>
STERNA_INLINE inline void each(const F& f) {
  [&]<int... I>(std::integer_sequence<int, I...>) STERNA_INLINE {
    (f(std::integral_constant<int, I>()), ...);
  }
  (std::make_integer_sequence<int, N>());
}

// Calls f.operator()<T>() for T = t, 1 <= t <= kMost.
template <int kMost, class F>
inline void with_width(int t, const F& f) {
  if constexpr (kMost > 1) {
    if (t < kMost) return with_width<kMost - 1>(t, f);
  }
  f.template operator()<kMost>();
}

inline __m256i load256(const void* p) { return _mm256_loadu_si256(static_cast<const __m256i*>(p)); }

template <int V, int T>
STERNA_INLINE inline void clear(__m256i (&a)[V][T]) {
  each<V>([&](auto v) STERNA_INLINE {
    each<T>([&](auto t) STERNA_INLINE { a[v][t] = _mm256_setzero_si256(); });
  });
}

// to [T][V]
template <int V, int T>
STERNA_INLINE inline void save(const __m256i (&a)[V][T], __m256i* to) {
  each<T>([&](auto t) STERNA_INLINE {
    each<V>([&](auto v) STERNA_INLINE { _mm256_store_si256(to + t * V + v, a[v][t]); });
  });
}

// Prefetches the two cache lines `kAhead` bytes on. They may lie beyond the end, because a prefetch
// never faults.
template <int kAhead>
STERNA_INLINE inline void fetch(const uint8_t* p) {
  if constexpr (kAhead > 0) {
    _mm_prefetch(reinterpret_cast<const char*>(p) + kAhead, _MM_HINT_T0);
    _mm_prefetch(reinterpret_cast<const char*>(p) + kAhead + 64, _MM_HINT_T0);
  }
}

}  // namespace
}  // namespace sterna
