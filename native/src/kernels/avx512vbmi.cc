// AVX-512 VNNI + VBMI: the T16 layout is decoded by table look-up in registers.
#include "kernels/kernels.h"

#if defined(__x86_64__) || defined(_M_X64)

#include "kernels/avx512.h"
#include "kernels/t16.h"

namespace sterna {
namespace {

// One token, like t2_one, with the fifth column at the factor 64 of the fourth field. It processes
// two row tiles at a time: one core reads two streams from memory faster than one, and each
// activation is broadcast once for both.
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

// T tokens and one row tile; with S = 2 also the row tile `apart` tiles further on.
template <int T, int S>
void t16_few(const TernaryProduct& product, int row_tile, int apart) {
  const size_t size = static_cast<size_t>(product.k_steps) * kTileBytes;
  const uint8_t* tile = product.tiles + static_cast<size_t>(row_tile) * size;
  const int8_t* x = product.x;
  int32_t* out = product.out + static_cast<size_t>(row_tile) * kTileRows;
  const Decoder decode;
  const __m512i mask = _mm512_set1_epi8(0x03);
  __m512i a[2 * S][T];
#pragma GCC unroll 16
  for (int v = 0; v < 2 * S; ++v) {
#pragma GCC unroll 16
    for (int t = 0; t < T; ++t) a[v][t] = _mm512_setzero_si512();
  }
  for (int step = 0; step < product.k_steps; ++step) {
    __m512i four[2 * S], fifth[2 * S];
#pragma GCC unroll 16
    for (int s = 0; s < S; ++s) {
      prefetch_tile(tile + s * apart * size);
      decode(tile + s * apart * size, four[2 * s], fifth[2 * s]);
      decode(tile + s * apart * size + 64, four[2 * s + 1], fifth[2 * s + 1]);
    }
#pragma GCC unroll 16
    for (int p = 0; p < 5; ++p) {
      __m512i c[2 * S];
#pragma GCC unroll 16
      for (int v = 0; v < 2 * S; ++v) {
        c[v] = p < 4 ? _mm512_and_si512(_mm512_srli_epi16(four[v], 2 * p), mask)
                     : _mm512_and_si512(_mm512_srli_epi16(fifth[v], 6), mask);
      }
#pragma GCC unroll 16
      for (int t = 0; t < T; ++t) {
        const __m512i xv = broadcast4(x + 4 * (p * T + t));
#pragma GCC unroll 16
        for (int v = 0; v < 2 * S; ++v) a[v][t] = dot(a[v][t], c[v], xv);
      }
    }
    tile += kTileBytes;
    x += kT16Cols * T;
  }
#pragma GCC unroll 16
  for (int t = 0; t < T; ++t) {
    const __m512i sum = _mm512_set1_epi32(product.x_sums[t]);
#pragma GCC unroll 16
    for (int v = 0; v < 2 * S; ++v) {
      _mm512_storeu_si512(out + t * product.ldo + v / 2 * apart * kTileRows + 16 * (v & 1),
                          _mm512_sub_epi32(a[v][t], sum));
    }
  }
}

void t16_product(const TernaryProduct& a, int tile_begin, int tile_end) {
  const size_t size = static_cast<size_t>(a.k_steps) * kTileBytes;
  const int half = (tile_end - tile_begin) / 2;
  if (a.m <= 4 && half > 0) {  // pairs of tiles
    for (int t = tile_begin; t < tile_begin + half; ++t) {
      with_width<4>(a.m, [&]<int T>() {
        if constexpr (T == 1) {
          const uint8_t* tile = a.tiles + t * size;
          int32_t* out = a.out + static_cast<size_t>(t) * kTileRows;
          t16_pair(tile, tile + half * size, a.k_steps, a.x, a.x_sums[0], out,
                   out + static_cast<size_t>(half) * kTileRows);
        } else {
          t16_few<T, 2>(a, t, half);
        }
      });
    }
    tile_begin += 2 * half;
  }
  product<kT16Cols>(a, tile_begin, tile_end, t16_unpack, [&]<int T>(int tile) {
    if constexpr (T < kUnpackFrom) t16_few<T, 1>(a, tile, 0);
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
