// AVX-512 VNNI + VBMI: the T16 layout, decoded by look-up in registers.
#include "kernels/kernels.h"

#if defined(__x86_64__) || defined(_M_X64)

#include "kernels/avx512.h"
#include "kernels/t16.h"

namespace sterna {
namespace {

// Up to two tokens: as t2_one, with the fifth column at the factor 64 of the fourth field.
template <int T>
void t16_planes(const uint8_t* tile, int k_steps, const int8_t* x, const int32_t* x_sums,
                int32_t* out, size_t ldo) {
  const Decoder decode;
  const __m512i mask0 = _mm512_set1_epi8(0x03);
  const __m512i mask1 = _mm512_set1_epi8(0x0c);
  const __m512i mask2 = _mm512_set1_epi8(0x30);
  __m512i a[2][T][4];
#pragma GCC unroll 16
  for (int i = 0; i < 8 * T; ++i) a[i / (4 * T)][i / 4 % T][i % 4] = _mm512_setzero_si512();
  for (int step = 0; step < k_steps; ++step) {
    prefetch_tile(tile);
#pragma GCC unroll 16
    for (int v = 0; v < 2; ++v) {
      __m512i four, fifth;
      decode(tile + 64 * v, four, fifth);
      const __m512i c0 = _mm512_and_si512(four, mask0);
      const __m512i c1 = _mm512_and_si512(four, mask1);
      const __m512i c2 = _mm512_and_si512(four, mask2);
      const __m512i c3 = _mm512_and_si512(four, decode.top_mask);
#pragma GCC unroll 16
      for (int t = 0; t < T; ++t) {
        a[v][t][0] = dot(a[v][t][0], c0, broadcast4(x + 4 * t));
        a[v][t][1] = dot(a[v][t][1], c1, broadcast4(x + 4 * (T + t)));
        a[v][t][2] = dot(a[v][t][2], c2, broadcast4(x + 4 * (2 * T + t)));
        a[v][t][3] = dot(a[v][t][3], c3, broadcast4(x + 4 * (3 * T + t)));
        a[v][t][3] = dot(a[v][t][3], fifth, broadcast4(x + 4 * (4 * T + t)));
      }
    }
    tile += kTileBytes;
    x += kT16Cols * T;
  }
#pragma GCC unroll 16
  for (int t = 0; t < T; ++t) {
    const __m512i sum = _mm512_set1_epi32(x_sums[t]);
#pragma GCC unroll 16
    for (int v = 0; v < 2; ++v) {
      _mm512_storeu_si512(
          out + t * ldo + 16 * v,
          _mm512_sub_epi32(join_planes(a[v][t][0], a[v][t][1], a[v][t][2], a[v][t][3]), sum));
    }
  }
}

// One token, two row tiles at a time: two streams from memory, which one core reads faster than
// one, and each activation broadcast once for both.
void t16_pair(const uint8_t* tile, const uint8_t* other, int k_steps, const int8_t* x,
              int32_t x_sum, int32_t* out, int32_t* other_out) {
  const Decoder decode;
  const __m512i mask0 = _mm512_set1_epi8(0x03);
  const __m512i mask1 = _mm512_set1_epi8(0x0c);
  const __m512i mask2 = _mm512_set1_epi8(0x30);
  __m512i a[4][4];
#pragma GCC unroll 16
  for (int i = 0; i < 16; ++i) a[i / 4][i % 4] = _mm512_setzero_si512();
  for (int step = 0; step < k_steps; ++step) {
    prefetch_tile(tile);
    prefetch_tile(other);
    const __m512i x0 = broadcast4(x);
    const __m512i x1 = broadcast4(x + 4);
    const __m512i x2 = broadcast4(x + 8);
    const __m512i x3 = broadcast4(x + 12);
    const __m512i x4 = broadcast4(x + 16);
#pragma GCC unroll 16
    for (int v = 0; v < 4; ++v) {
      __m512i four, fifth;
      decode((v < 2 ? tile : other) + 64 * (v & 1), four, fifth);
      a[v][0] = dot(a[v][0], _mm512_and_si512(four, mask0), x0);
      a[v][1] = dot(a[v][1], _mm512_and_si512(four, mask1), x1);
      a[v][2] = dot(a[v][2], _mm512_and_si512(four, mask2), x2);
      a[v][3] = dot(a[v][3], _mm512_and_si512(four, decode.top_mask), x3);
      a[v][3] = dot(a[v][3], fifth, x4);
    }
    tile += kTileBytes;
    other += kTileBytes;
    x += kT16Cols;
  }
  const __m512i sum = _mm512_set1_epi32(x_sum);
#pragma GCC unroll 16
  for (int v = 0; v < 4; ++v) {
    _mm512_storeu_si512((v < 2 ? out : other_out) + 16 * (v & 1),
                        _mm512_sub_epi32(join_planes(a[v][0], a[v][1], a[v][2], a[v][3]), sum));
  }
}

template <int T>
void t16_few(const uint8_t* tile, int k_steps, const int8_t* x, const int32_t* x_sums, int32_t* out,
             size_t ldo) {
  const Decoder decode;
  const __m512i mask = _mm512_set1_epi8(0x03);
  __m512i a[2][T];
#pragma GCC unroll 16
  for (int t = 0; t < T; ++t) a[0][t] = a[1][t] = _mm512_setzero_si512();
  for (int step = 0; step < k_steps; ++step) {
    prefetch_tile(tile);
    __m512i four0, fifth0, four1, fifth1;
    decode(tile, four0, fifth0);
    decode(tile + 64, four1, fifth1);
#pragma GCC unroll 16
    for (int p = 0; p < 5; ++p) {
      const __m512i c0 = p < 4 ? _mm512_and_si512(_mm512_srli_epi16(four0, 2 * p), mask)
                               : _mm512_and_si512(_mm512_srli_epi16(fifth0, 6), mask);
      const __m512i c1 = p < 4 ? _mm512_and_si512(_mm512_srli_epi16(four1, 2 * p), mask)
                               : _mm512_and_si512(_mm512_srli_epi16(fifth1, 6), mask);
#pragma GCC unroll 16
      for (int t = 0; t < T; ++t) {
        const __m512i xv = broadcast4(x + 4 * (p * T + t));
        a[0][t] = dot(a[0][t], c0, xv);
        a[1][t] = dot(a[1][t], c1, xv);
      }
    }
    tile += kTileBytes;
    x += kT16Cols * T;
  }
#pragma GCC unroll 16
  for (int t = 0; t < T; ++t) {
    const __m512i sum = _mm512_set1_epi32(x_sums[t]);
    _mm512_storeu_si512(out + t * ldo, _mm512_sub_epi32(a[0][t], sum));
    _mm512_storeu_si512(out + t * ldo + 16, _mm512_sub_epi32(a[1][t], sum));
  }
}

void t16_product(const TernaryProduct& a, int tile_begin, int tile_end) {
  if (a.m == 1 && tile_end - tile_begin > 1) {
    const int half = (tile_end - tile_begin) / 2;
    const size_t size = static_cast<size_t>(a.k_steps) * kTileBytes;
    for (int t = tile_begin; t < tile_begin + half; ++t) {
      t16_pair(a.tiles + t * size, a.tiles + (t + half) * size, a.k_steps, a.x, a.x_sums[0],
               a.out + static_cast<size_t>(t) * kTileRows,
               a.out + static_cast<size_t>(t + half) * kTileRows);
    }
    tile_begin += 2 * half;
  }
  product<kT16Cols>(a, tile_begin, tile_end, t16_unpack,
                    [&]<int T>(const uint8_t* tile, int32_t* out) {
                      if constexpr (T <= 2) {
                        t16_planes<T>(tile, a.k_steps, a.x, a.x_sums, out, a.ldo);
                      } else if constexpr (T < kUnpackFrom) {
                        t16_few<T>(tile, a.k_steps, a.x, a.x_sums, out, a.ldo);
                      }
                    });
}

}  // namespace

const KernelSet* avx512vbmi_kernels() {
  static const KernelSet set = [] {
    KernelSet s = *avx512vnni_kernels();
    s.name = "avx512vbmi";
    s.layout = TernaryLayout::kT16;
    s.t16_product = t16_product;
    return s;
  }();
  return &set;
}

}  // namespace sterna

#else

namespace sterna {
const KernelSet* avx512vbmi_kernels() { return nullptr; }
}  // namespace sterna

#endif
