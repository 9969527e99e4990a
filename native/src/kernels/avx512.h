// What the AVX-512 sets share: the products of T2 and of unpacked tiles, and the vectors of
// attention. Include it only in files that are compiled for these instructions; the warnings of
// avx2.cc apply.
//
// With STERNA_EMULATE_AVX512 it is compiled against SIMDe instead of the compiler's intrinsics, so
// that the tests can compare it with the scalar reference on machines that lack the instructions.
#pragma once

#include <cstring>

#ifdef STERNA_EMULATE_AVX512
#define SIMDE_ENABLE_NATIVE_ALIASES
#define SIMDE_NO_CHECK_IMMEDIATE_CONSTANT  // clang looks for constants before it unrolls a loop
#include <simde/x86/avx512.h>
#else
#include <immintrin.h>
#endif

#include "kernels/attention.h"
#include "kernels/kernels.h"

namespace sterna {
namespace {

// 14 tokens x 2 vectors of rows are 28 of the 32 registers; the weights take two more, a token's
// activations one.
constexpr int kMaxBlock = 14;
// From this many tokens on a row tile is first unpacked to one byte per weight. Below that it is
// cheaper to unpack in registers, once for each block.
constexpr int kUnpackFrom = 11;
// The columns unpacked at a time: 20 KB, which leaves room in an L1 of 32 KB for a block's
// activations (docs/measurements/kernels.md).
constexpr int kUnpackColumns = 640;

// acc += products of unsigned bytes (weights) and signed bytes. Written in assembler, because gcc
// 12 copies accumulators around its own intrinsic.
inline __m512i dot(__m512i acc, __m512i weights, __m512i x) {
#if defined(STERNA_EMULATE_AVX512)
  return _mm512_dpbusd_epi32(acc, weights, x);
#else
  asm("vpdpbusd %2, %1, %0" : "+v"(acc) : "v"(weights), "v"(x));
  return acc;
#endif
}

// How many bytes ahead the weights are prefetched. With one stream per thread and only the
// processor's own prefetching, reading stays below what the memory can do; two streams and
// prefetching this far ahead reach it (docs/measurements/kernels.md).
constexpr int kPrefetch = 2048;

inline void prefetch_tile(const uint8_t* tile) {
  _mm_prefetch(reinterpret_cast<const char*>(tile + kPrefetch), _MM_HINT_T0);
  _mm_prefetch(reinterpret_cast<const char*>(tile + kPrefetch + 64), _MM_HINT_T0);
}

// While a piece of a tile is unpacked, the next one (4 or 5 KB on) is prefetched into L2.
inline void prefetch_piece(const uint8_t* tile) {
  constexpr int kPiece = kUnpackColumns / kT16Cols * kTileBytes;
  _mm_prefetch(reinterpret_cast<const char*>(tile + kPiece), _MM_HINT_T1);
  _mm_prefetch(reinterpret_cast<const char*>(tile + kPiece + 64), _MM_HINT_T1);
}

inline __m512i broadcast4(const int8_t* x) {
  int32_t dword;
  std::memcpy(&dword, x, sizeof dword);
  return _mm512_set1_epi32(dword);
}

#if defined(STERNA_EMULATE_AVX512)  // SIMDe lacks these four functions
template <int kBits>
inline __m512i shift_right(__m512i a) {
  return _mm512_inserti64x4(
      _mm512_castsi256_si512(_mm256_srai_epi32(_mm512_castsi512_si256(a), kBits)),
      _mm256_srai_epi32(_mm512_extracti64x4_epi64(a, 1), kBits), 1);
}
inline int32_t add_lanes(__m512i a) {
  int32_t lanes[16], sum = 0;
  _mm512_storeu_si512(lanes, a);
  for (const int32_t lane : lanes) sum += lane;
  return sum;
}
inline __m512 widen_i32(const int32_t* p) {
  float lanes[16];
  for (int i = 0; i < 16; ++i) lanes[i] = static_cast<float>(p[i]);
  return _mm512_loadu_ps(lanes);
}
inline __m512 widen_i8(const int8_t* p) {
  float lanes[16];
  for (int i = 0; i < 16; ++i) lanes[i] = static_cast<float>(p[i]);
  return _mm512_loadu_ps(lanes);
}
inline __m512 widen_f16(__m256i a) {
  float lanes[16];
  _mm256_storeu_ps(lanes, _mm256_cvtph_ps(_mm256_castsi256_si128(a)));
  _mm256_storeu_ps(lanes + 8, _mm256_cvtph_ps(_mm256_extracti128_si256(a, 1)));
  return _mm512_loadu_ps(lanes);
}
#else
template <int kBits>
inline __m512i shift_right(__m512i a) {
  return _mm512_srai_epi32(a, kBits);
}
inline int32_t add_lanes(__m512i a) { return _mm512_reduce_add_epi32(a); }
inline __m512 widen_i32(const int32_t* p) { return _mm512_cvtepi32_ps(_mm512_loadu_si512(p)); }
inline __m512 widen_i8(const int8_t* p) {
  return _mm512_cvtepi32_ps(
      _mm512_cvtepi8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))));
}
inline __m512 widen_f16(__m256i a) { return _mm512_cvtph_ps(a); }
#endif

// Adds the four planes of one vector of rows, whose products carry the factors 1, 4, 16 and 64.
inline __m512i join_planes(__m512i a, __m512i b, __m512i c, __m512i d) {
  const __m512i low = _mm512_add_epi32(a, shift_right<2>(b));
  return _mm512_add_epi32(low, _mm512_add_epi32(shift_right<4>(c), shift_right<6>(d)));
}

// T tokens of a block against one row tile of bytes [k / 4][32 rows][4]. `out` [T][32] holds the
// sums over the earlier columns.
template <int T>
inline void bytes_block(const uint8_t* w, int k4, const int8_t* x, int32_t* out) {
  constexpr size_t ldo = kTileRows;
  __m512i a[2][T];
#pragma GCC unroll 16
  for (int t = 0; t < T; ++t) {
    a[0][t] = _mm512_loadu_si512(out + t * ldo);
    a[1][t] = _mm512_loadu_si512(out + t * ldo + 16);
  }
  // Unrolled twice: with one loop counter for two steps the scalar instructions take less of the
  // execution ports.
#pragma GCC unroll 2
  for (int k = 0; k < k4; ++k) {
    const __m512i w0 = _mm512_load_si512(w);
    const __m512i w1 = _mm512_load_si512(w + 64);
#pragma GCC unroll 16
    for (int t = 0; t < T; ++t) {
      const __m512i xv = broadcast4(x + 4 * t);
      a[0][t] = dot(a[0][t], w0, xv);
      a[1][t] = dot(a[1][t], w1, xv);
    }
    w += 128;
    x += 4 * T;
  }
#pragma GCC unroll 16
  for (int t = 0; t < T; ++t) {
    _mm512_storeu_si512(out + t * ldo, a[0][t]);
    _mm512_storeu_si512(out + t * ldo + 16, a[1][t]);
  }
}

// Calls f.operator()<T>() for T = t, 1 <= t <= kMaxBlock.
template <int T = kMaxBlock, class F>
inline void with_width(int t, const F& f) {
  if constexpr (T > 1) {
    if (t < T) return with_width<T - 1>(t, f);
  }
  f.template operator()<T>();
}

// Processes tile by tile. With many tokens, `unpack(tile, steps, bytes)` unpacks some columns,
// which are then multiplied with all blocks; with few, `few<T>(t)` multiplies the single block.
template <int kCols, class Unpack, class Few>
inline void product(const TernaryProduct& a, int tile_begin, int tile_end, const Unpack& unpack,
                    const Few& few) {
  constexpr int kSteps = kUnpackColumns / kCols;
  const size_t kp = static_cast<size_t>(a.k_steps) * kCols;
  for (int t = tile_begin; t < tile_end; ++t) {
    const uint8_t* tile = a.tiles + static_cast<size_t>(t) * a.k_steps * kTileBytes;
    int32_t* out = a.out + static_cast<size_t>(t) * kTileRows;
    if (a.m < kUnpackFrom) {
      with_width(a.m, [&]<int T>() { few.template operator()<T>(t); });
      continue;
    }
    // The sums are in a small array of their own, because in `out` each token is on another page.
    auto* sums = reinterpret_cast<int32_t*>(a.scratch);
    uint8_t* bytes = a.scratch + static_cast<size_t>(a.m) * kTileRows * sizeof(int32_t);
    for (int i = 0; i < a.m; ++i) {
      const __m512i sum = _mm512_set1_epi32(-a.x_sums[i]);
      _mm512_store_si512(sums + i * kTileRows, sum);
      _mm512_store_si512(sums + i * kTileRows + 16, sum);
    }
    for (int step = 0; step < a.k_steps; step += kSteps) {
      const int steps = a.k_steps - step < kSteps ? a.k_steps - step : kSteps;
      unpack(tile + static_cast<size_t>(step) * kTileBytes, steps, bytes);
      for (BlockCursor block(a.m, kMaxBlock); block.next();) {
        const int8_t* x = a.x + block.begin * kp + static_cast<size_t>(step) * kCols * block.width;
        with_width(block.width, [&]<int T>() {
          bytes_block<T>(bytes, steps * kCols / 4, x, sums + block.begin * kTileRows);
        });
      }
    }
    for (int i = 0; i < a.m; ++i) {
      _mm512_storeu_si512(out + i * a.ldo, _mm512_load_si512(sums + i * kTileRows));
      _mm512_storeu_si512(out + i * a.ldo + 16, _mm512_load_si512(sums + i * kTileRows + 16));
    }
  }
}

// --- T2 --------------------------------------------------------------------------------------

inline void t2_unpack(const uint8_t* tile, int k_steps, uint8_t* bytes) {
  const __m512i mask = _mm512_set1_epi8(0x03);
  for (int step = 0; step < k_steps; ++step) {
    prefetch_piece(tile);
    const __m512i w0 = _mm512_loadu_si512(tile);
    const __m512i w1 = _mm512_loadu_si512(tile + 64);
#pragma GCC unroll 16
    for (int p = 0; p < 4; ++p) {
      _mm512_store_si512(bytes + p * 128, _mm512_and_si512(_mm512_srli_epi16(w0, 2 * p), mask));
      _mm512_store_si512(bytes + p * 128 + 64,
                         _mm512_and_si512(_mm512_srli_epi16(w1, 2 * p), mask));
    }
    tile += kTileBytes;
    bytes += 512;
  }
}

// One token, with AND as the only unpacking. Plane p is not shifted, so its products carry the
// factor 4^p, which is divided out exactly at the end. The largest plane adds at most 4 * 128 * 192
// = 98,304 per lane and step, so int32 has room for 300,000 columns.
inline void t2_one(const uint8_t* tile, int k_steps, const int8_t* x, int32_t x_sum, int32_t* out) {
  const __m512i mask0 = _mm512_set1_epi8(0x03);
  const __m512i mask1 = _mm512_set1_epi8(0x0c);
  const __m512i mask2 = _mm512_set1_epi8(0x30);
  const __m512i mask3 = _mm512_set1_epi8(static_cast<char>(0xc0));
  __m512i a[4], b[4];
#pragma GCC unroll 16
  for (int p = 0; p < 4; ++p) a[p] = b[p] = _mm512_setzero_si512();
  for (int step = 0; step < k_steps; ++step) {
    prefetch_tile(tile);
    const __m512i x0 = broadcast4(x);
    const __m512i x1 = broadcast4(x + 4);
    const __m512i x2 = broadcast4(x + 8);
    const __m512i x3 = broadcast4(x + 12);
    const __m512i w0 = _mm512_loadu_si512(tile);
    const __m512i w1 = _mm512_loadu_si512(tile + 64);
    a[0] = dot(a[0], _mm512_and_si512(w0, mask0), x0);
    a[1] = dot(a[1], _mm512_and_si512(w0, mask1), x1);
    a[2] = dot(a[2], _mm512_and_si512(w0, mask2), x2);
    a[3] = dot(a[3], _mm512_and_si512(w0, mask3), x3);
    b[0] = dot(b[0], _mm512_and_si512(w1, mask0), x0);
    b[1] = dot(b[1], _mm512_and_si512(w1, mask1), x1);
    b[2] = dot(b[2], _mm512_and_si512(w1, mask2), x2);
    b[3] = dot(b[3], _mm512_and_si512(w1, mask3), x3);
    tile += kTileBytes;
    x += kT2Cols;
  }
  const __m512i sum = _mm512_set1_epi32(x_sum);
  _mm512_storeu_si512(out, _mm512_sub_epi32(join_planes(a[0], a[1], a[2], a[3]), sum));
  _mm512_storeu_si512(out + 16, _mm512_sub_epi32(join_planes(b[0], b[1], b[2], b[3]), sum));
}

template <int T>
inline void t2_few(const uint8_t* tile, int k_steps, const int8_t* x, const int32_t* x_sums,
                   int32_t* out, size_t ldo) {
  const __m512i mask = _mm512_set1_epi8(0x03);
  __m512i a[2][T];
#pragma GCC unroll 16
  for (int t = 0; t < T; ++t) a[0][t] = a[1][t] = _mm512_setzero_si512();
  for (int step = 0; step < k_steps; ++step) {
    prefetch_tile(tile);
    const __m512i w0 = _mm512_loadu_si512(tile);
    const __m512i w1 = _mm512_loadu_si512(tile + 64);
#pragma GCC unroll 16
    for (int p = 0; p < 4; ++p) {
      const __m512i c0 = _mm512_and_si512(_mm512_srli_epi16(w0, 2 * p), mask);
      const __m512i c1 = _mm512_and_si512(_mm512_srli_epi16(w1, 2 * p), mask);
#pragma GCC unroll 16
      for (int t = 0; t < T; ++t) {
        const __m512i xv = broadcast4(x + 4 * (p * T + t));
        a[0][t] = dot(a[0][t], c0, xv);
        a[1][t] = dot(a[1][t], c1, xv);
      }
    }
    tile += kTileBytes;
    x += kT2Cols * T;
  }
#pragma GCC unroll 16
  for (int t = 0; t < T; ++t) {
    const __m512i sum = _mm512_set1_epi32(x_sums[t]);
    _mm512_storeu_si512(out + t * ldo, _mm512_sub_epi32(a[0][t], sum));
    _mm512_storeu_si512(out + t * ldo + 16, _mm512_sub_epi32(a[1][t], sum));
  }
}

inline void t2_product(const TernaryProduct& a, int tile_begin, int tile_end) {
  product<kT2Cols>(a, tile_begin, tile_end, t2_unpack, [&]<int T>(int t) {
    const uint8_t* tile = a.tiles + static_cast<size_t>(t) * a.k_steps * kTileBytes;
    int32_t* out = a.out + static_cast<size_t>(t) * kTileRows;
    if constexpr (T == 1) {
      t2_one(tile, a.k_steps, a.x, a.x_sums[0], out);
    } else {
      t2_few<T>(tile, a.k_steps, a.x, a.x_sums, out, a.ldo);
    }
  });
}

// --- floats ----------------------------------------------------------------------------------

struct Lanes512 {
  __m512 v;

  static constexpr int kScoreQueries = 8;
  static constexpr int kValueQueries = 6;
  static constexpr int kValueVectors = 4;

  static Lanes512 zero() { return {_mm512_setzero_ps()}; }
  static Lanes512 set1(float a) { return {_mm512_set1_ps(a)}; }
  static Lanes512 load(const float* p) { return {_mm512_loadu_ps(p)}; }
  static Lanes512 load_f16(const uint16_t* p) {
    return {widen_f16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)))};
  }
  static Lanes512 load_i8(const int8_t* p) { return {widen_i8(p)}; }
  static Lanes512 load_i32(const int32_t* p) { return {widen_i32(p)}; }
  static void store(float* p, Lanes512 a) { _mm512_storeu_ps(p, a.v); }
  static Lanes512 add(Lanes512 a, Lanes512 b) { return {_mm512_add_ps(a.v, b.v)}; }
  static Lanes512 mul(Lanes512 a, Lanes512 b) { return {_mm512_mul_ps(a.v, b.v)}; }
  static Lanes512 div(Lanes512 a, Lanes512 b) { return {_mm512_div_ps(a.v, b.v)}; }
  static Lanes512 where_negative(Lanes512 x, Lanes512 a, Lanes512 b) {
    return {
        _mm512_mask_blend_ps(_mm512_cmp_ps_mask(x.v, _mm512_setzero_ps(), _CMP_LT_OQ), b.v, a.v)};
  }
  static Lanes512 fma(Lanes512 a, Lanes512 b, Lanes512 c) {
    return {_mm512_fmadd_ps(a.v, b.v, c.v)};
  }
  static Lanes512 max(Lanes512 a, Lanes512 b) { return {_mm512_max_ps(a.v, b.v)}; }
  static Lanes512 scale_by_power(Lanes512 p, Lanes512 z) {
    return {_mm512_castsi512_ps(_mm512_add_epi32(_mm512_castps_si512(p.v),
                                                 _mm512_slli_epi32(_mm512_castps_si512(z.v), 23)))};
  }
  static float fold_add(Lanes512 a) {
    const __m256 s8 = _mm256_add_ps(_mm512_castps512_ps256(a.v), upper(a.v));
    const __m128 s4 = _mm_add_ps(_mm256_castps256_ps128(s8), _mm256_extractf128_ps(s8, 1));
    const __m128 s2 = _mm_add_ps(s4, _mm_movehl_ps(s4, s4));
    return _mm_cvtss_f32(_mm_add_ss(s2, _mm_shuffle_ps(s2, s2, 1)));
  }
  static float fold_max(Lanes512 a) {
    const __m256 s8 = _mm256_max_ps(_mm512_castps512_ps256(a.v), upper(a.v));
    const __m128 s4 = _mm_max_ps(_mm256_castps256_ps128(s8), _mm256_extractf128_ps(s8, 1));
    const __m128 s2 = _mm_max_ps(s4, _mm_movehl_ps(s4, s4));
    return _mm_cvtss_f32(_mm_max_ss(s2, _mm_shuffle_ps(s2, s2, 1)));
  }

 private:
  static __m256 upper(__m512 a) {
    return _mm256_castpd_ps(_mm512_extractf64x4_pd(_mm512_castps_pd(a), 1));
  }
};

}  // namespace
}  // namespace sterna
