// AVX-512 F/BW/VL + VNNI. The same warnings as in avx2.cc hold for what may be used here.
//
// With STERNA_EMULATE_AVX512 the file is compiled against SIMDe instead of the compiler's
// intrinsics, so that the tests can prove it equal to the scalar reference on machines that lack
// the instructions.
#include "kernels/kernels.h"

#if defined(__x86_64__) || defined(_M_X64)

#include <cstring>

#ifdef STERNA_EMULATE_AVX512
#define SIMDE_ENABLE_NATIVE_ALIASES
#include <simde/x86/avx512.h>
#else
#include <immintrin.h>
#endif

namespace sterna {
namespace {

inline __m512i broadcast4(const int8_t* x) {
  int32_t dword;
  std::memcpy(&dword, x, sizeof dword);
  return _mm512_set1_epi32(dword);
}

// One token: AND only. Plane p stays at its place in the byte, so its products carry the factor
// 4^p, which the end divides out exactly. The largest plane adds at most 4 * 128 * 128 = 65,536 per
// lane and step, so int32 has room for half a million columns.
void tile_one(const uint8_t* tile, int k_steps, const int8_t* x, int32_t x_sum, int32_t* out) {
  const __m512i mask0 = _mm512_set1_epi8(0x03);
  const __m512i mask1 = _mm512_set1_epi8(0x0c);
  const __m512i mask2 = _mm512_set1_epi8(0x30);
  const __m512i mask3 = _mm512_set1_epi8(static_cast<char>(0xc0));
  __m512i a[2][4];
  for (auto& vector : a) {
    for (auto& plane : vector) plane = _mm512_setzero_si512();
  }
  for (int step = 0; step < k_steps; ++step) {
    const int8_t* xs = x + static_cast<size_t>(step) * kTileCols;
    const __m512i x0 = broadcast4(xs);
    const __m512i x1 = broadcast4(xs + 4);
    const __m512i x2 = broadcast4(xs + 8);
    const __m512i x3 = broadcast4(xs + 12);
    for (int v = 0; v < 2; ++v) {
      const __m512i w = _mm512_loadu_si512(tile + static_cast<size_t>(step) * kTileBytes + v * 64);
      a[v][0] = _mm512_dpbusd_epi32(a[v][0], _mm512_and_si512(w, mask0), x0);
      a[v][1] = _mm512_dpbusd_epi32(a[v][1], _mm512_and_si512(w, mask1), x1);
      a[v][2] = _mm512_dpbusd_epi32(a[v][2], _mm512_and_si512(w, mask2), x2);
      a[v][3] = _mm512_dpbusd_epi32(a[v][3], _mm512_and_si512(w, mask3), x3);
    }
  }
  for (int v = 0; v < 2; ++v) {
    int32_t planes[4][16];
    for (int p = 0; p < 4; ++p) _mm512_storeu_si512(planes[p], a[v][p]);
    for (int row = 0; row < 16; ++row) {
      out[v * 16 + row] =
          planes[0][row] + planes[1][row] / 4 + planes[2][row] / 16 + planes[3][row] / 64 - x_sum;
    }
  }
}

// T tokens at once: the planes are shifted to the same place and share one sum per token.
template <int T>
void tile_block(const uint8_t* tile, int k_steps, const int8_t* x, size_t ldx,
                const int32_t* x_sums, int32_t* out, size_t ldo) {
  const __m512i mask = _mm512_set1_epi8(0x03);
  __m512i a[2][T];
  for (auto& vector : a) {
    for (auto& token : vector) token = _mm512_setzero_si512();
  }
  for (int step = 0; step < k_steps; ++step) {
    const uint8_t* w = tile + static_cast<size_t>(step) * kTileBytes;
    const int8_t* xs = x + static_cast<size_t>(step) * kTileCols;
    const __m512i w0 = _mm512_loadu_si512(w);
    const __m512i w1 = _mm512_loadu_si512(w + 64);
    for (int p = 0; p < 4; ++p) {
      const __m512i c0 = _mm512_and_si512(_mm512_srli_epi16(w0, 2 * p), mask);
      const __m512i c1 = _mm512_and_si512(_mm512_srli_epi16(w1, 2 * p), mask);
      for (int t = 0; t < T; ++t) {
        const __m512i xv = broadcast4(xs + t * ldx + 4 * p);
        a[0][t] = _mm512_dpbusd_epi32(a[0][t], c0, xv);
        a[1][t] = _mm512_dpbusd_epi32(a[1][t], c1, xv);
      }
    }
  }
  for (int v = 0; v < 2; ++v) {
    for (int t = 0; t < T; ++t) {
      _mm512_storeu_si512(out + t * ldo + v * 16,
                          _mm512_sub_epi32(a[v][t], _mm512_set1_epi32(x_sums[t])));
    }
  }
}

void ternary_matmul(const uint8_t* tiles, int k_steps, int tile_begin, int tile_end,
                    const int8_t* x, size_t ldx, const int32_t* x_sums, int m, int32_t* out,
                    size_t ldo) {
  for (int t = tile_begin; t < tile_end; ++t) {
    const uint8_t* tile = tiles + static_cast<size_t>(t) * k_steps * kTileBytes;
    int32_t* o = out + static_cast<size_t>(t) * kTileRows;
    int i = 0;
    for (; i + 8 <= m; i += 8) {
      tile_block<8>(tile, k_steps, x + i * ldx, ldx, x_sums + i, o + i * ldo, ldo);
    }
    for (; i + 4 <= m; i += 4) {
      tile_block<4>(tile, k_steps, x + i * ldx, ldx, x_sums + i, o + i * ldo, ldo);
    }
    for (; i + 2 <= m; i += 2) {
      tile_block<2>(tile, k_steps, x + i * ldx, ldx, x_sums + i, o + i * ldo, ldo);
    }
    if (i < m) tile_one(tile, k_steps, x + i * ldx, x_sums[i], o + i * ldo);
  }
}

void int8_dot_rows(const int8_t* w, int k, int row_begin, int row_end, const int16_t* x,
                   int32_t* out) {
  const int body = k & ~31;
  for (int row = row_begin; row < row_end; ++row) {
    const int8_t* wr = w + static_cast<size_t>(row) * k;
    __m512i sum = _mm512_setzero_si512();
    for (int i = 0; i < body; i += 32) {
      const __m512i wide =
          _mm512_cvtepi8_epi16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(wr + i)));
      sum = _mm512_dpwssd_epi32(sum, wide, _mm512_loadu_si512(x + i));
    }
    int32_t lanes[16];
    _mm512_storeu_si512(lanes, sum);
    int32_t total = 0;
    for (int32_t lane : lanes) total += lane;
    for (int i = body; i < k; ++i) total += wr[i] * x[i];
    out[row] = total;
  }
}

}  // namespace

// The float operations are bound by memory or small: they are those of AVX2.
const KernelSet* avx512vnni_kernels() {
  static const KernelSet set = [] {
    KernelSet s = *avx2_kernels();
    s.name = "avx512vnni";
    s.ternary_matmul = ternary_matmul;
    s.int8_dot_rows = int8_dot_rows;
    return s;
  }();
  return &set;
}

}  // namespace sterna

#else

namespace sterna {
const KernelSet* avx512vnni_kernels() { return nullptr; }
}  // namespace sterna

#endif
