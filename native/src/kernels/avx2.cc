// AVX2 + F16C. Compiled with these instructions switched on, so nothing here may be called before
// dispatch.cc has looked at the CPU; and no inline function of the standard library may be used
// here, because the linker might keep this file's copy of it for everybody.
#include "kernels/kernels.h"

#if defined(__x86_64__) || defined(_M_X64)

#include <immintrin.h>

#include <cstring>

namespace sterna {
namespace {

// vpmaddubsw adds two products into an int16. Planes are kept at the scales 1 (p = 0, 2) and 4 (p =
// 1, 3); a step adds at most 4 * 2 * 128 * 4 = 4096 in magnitude to the second sum, so after 8
// steps it just fits: -32768.
constexpr int kStepsPerWiden = 8;

inline __m256i broadcast4(const int8_t* x) {
  int32_t dword;
  std::memcpy(&dword, x, sizeof dword);
  return _mm256_set1_epi32(dword);
}

// Rows v*8 .. v*8+7 of one row tile for T tokens. V vectors side by side (V = 4 reads the tile as
// one stream).
template <int V, int T>
inline void tile_rows(const uint8_t* tile, int k_steps, const int8_t* x, size_t ldx,
                      const int32_t* x_sums, int32_t* out, size_t ldo) {
  const __m256i mask0 = _mm256_set1_epi8(0x03);
  const __m256i mask1 = _mm256_set1_epi8(0x0c);
  const __m256i ones = _mm256_set1_epi16(1);
  __m256i wide1[V][T], wide4[V][T];
  for (int v = 0; v < V; ++v) {
    for (int t = 0; t < T; ++t) {
      wide1[v][t] = _mm256_setzero_si256();
      wide4[v][t] = _mm256_setzero_si256();
    }
  }
  for (int step = 0; step < k_steps;) {
    const int end = step + kStepsPerWiden < k_steps ? step + kStepsPerWiden : k_steps;
    __m256i sum1[V][T], sum4[V][T];
    for (int v = 0; v < V; ++v) {
      for (int t = 0; t < T; ++t) {
        sum1[v][t] = _mm256_setzero_si256();
        sum4[v][t] = _mm256_setzero_si256();
      }
    }
    for (; step < end; ++step) {
      const uint8_t* w = tile + static_cast<size_t>(step) * kTileBytes;
      const int8_t* xs = x + static_cast<size_t>(step) * kTileCols;
      for (int v = 0; v < V; ++v) {
        const __m256i low = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(w + v * 32));
        const __m256i high = _mm256_srli_epi16(low, 4);
        const __m256i p0 = _mm256_and_si256(low, mask0);
        const __m256i p1 = _mm256_and_si256(low, mask1);
        const __m256i p2 = _mm256_and_si256(high, mask0);
        const __m256i p3 = _mm256_and_si256(high, mask1);
        for (int t = 0; t < T; ++t) {
          const int8_t* xt = xs + t * ldx;
          sum1[v][t] = _mm256_add_epi16(
              sum1[v][t], _mm256_add_epi16(_mm256_maddubs_epi16(p0, broadcast4(xt)),
                                           _mm256_maddubs_epi16(p2, broadcast4(xt + 8))));
          sum4[v][t] = _mm256_add_epi16(
              sum4[v][t], _mm256_add_epi16(_mm256_maddubs_epi16(p1, broadcast4(xt + 4)),
                                           _mm256_maddubs_epi16(p3, broadcast4(xt + 12))));
        }
      }
    }
    for (int v = 0; v < V; ++v) {
      for (int t = 0; t < T; ++t) {
        wide1[v][t] = _mm256_add_epi32(wide1[v][t], _mm256_madd_epi16(sum1[v][t], ones));
        wide4[v][t] = _mm256_add_epi32(wide4[v][t], _mm256_madd_epi16(sum4[v][t], ones));
      }
    }
  }
  for (int v = 0; v < V; ++v) {
    for (int t = 0; t < T; ++t) {
      const __m256i dot = _mm256_add_epi32(wide1[v][t], _mm256_srai_epi32(wide4[v][t], 2));
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + t * ldo + v * 8),
                          _mm256_sub_epi32(dot, _mm256_set1_epi32(x_sums[t])));
    }
  }
}

template <int T>
inline void tile_block(const uint8_t* tile, int k_steps, const int8_t* x, size_t ldx,
                       const int32_t* x_sums, int32_t* out, size_t ldo) {
  for (int v = 0; v < 4; ++v) {
    tile_rows<1, T>(tile + v * 32, k_steps, x, ldx, x_sums, out + v * 8, ldo);
  }
}

void ternary_matmul(const uint8_t* tiles, int k_steps, int tile_begin, int tile_end,
                    const int8_t* x, size_t ldx, const int32_t* x_sums, int m, int32_t* out,
                    size_t ldo) {
  for (int t = tile_begin; t < tile_end; ++t) {
    const uint8_t* tile = tiles + static_cast<size_t>(t) * k_steps * kTileBytes;
    int32_t* o = out + static_cast<size_t>(t) * kTileRows;
    int i = 0;
    for (; i + 4 <= m; i += 4) {
      tile_block<4>(tile, k_steps, x + i * ldx, ldx, x_sums + i, o + i * ldo, ldo);
    }
    switch (m - i) {
      case 3:
        tile_block<3>(tile, k_steps, x + i * ldx, ldx, x_sums + i, o + i * ldo, ldo);
        break;
      case 2:
        tile_block<2>(tile, k_steps, x + i * ldx, ldx, x_sums + i, o + i * ldo, ldo);
        break;
      case 1:
        tile_rows<4, 1>(tile, k_steps, x + i * ldx, ldx, x_sums + i, o + i * ldo, ldo);
        break;
      default:
        break;
    }
  }
}

inline int32_t fold_epi32(__m256i v) {
  __m128i s = _mm_add_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
  s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0x4e));
  s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0xb1));
  return _mm_cvtsi128_si32(s);
}

void int8_dot_rows(const int8_t* w, int k, int row_begin, int row_end, const int16_t* x,
                   int32_t* out) {
  const int body = k & ~15;
  for (int row = row_begin; row < row_end; ++row) {
    const int8_t* wr = w + static_cast<size_t>(row) * k;
    __m256i sum = _mm256_setzero_si256();
    for (int i = 0; i < body; i += 16) {
      const __m256i wide =
          _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(wr + i)));
      const __m256i xv = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(x + i));
      sum = _mm256_add_epi32(sum, _mm256_madd_epi16(wide, xv));
    }
    int32_t total = fold_epi32(sum);
    for (int i = body; i < k; ++i) total += wr[i] * x[i];
    out[row] = total;
  }
}

// Sums 0..7 and 8..15 of the fixed order, folded by halves.
inline float fold16(__m256 low, __m256 high) {
  const __m256 s8 = _mm256_add_ps(low, high);
  const __m128 s4 = _mm_add_ps(_mm256_castps256_ps128(s8), _mm256_extractf128_ps(s8, 1));
  const __m128 s2 = _mm_add_ps(s4, _mm_movehl_ps(s4, s4));
  const __m128 s1 = _mm_add_ss(s2, _mm_shuffle_ps(s2, s2, 1));
  return _mm_cvtss_f32(s1);
}

inline __m256 load_f16(const uint16_t* p) {
  return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
}

inline float dot_f16(const float* a, const uint16_t* b, int n) {
  __m256 low = _mm256_setzero_ps();
  __m256 high = _mm256_setzero_ps();
  const int body = n & ~15;
  for (int i = 0; i < body; i += 16) {
    low = _mm256_add_ps(low, _mm256_mul_ps(_mm256_loadu_ps(a + i), load_f16(b + i)));
    high = _mm256_add_ps(high, _mm256_mul_ps(_mm256_loadu_ps(a + i + 8), load_f16(b + i + 8)));
  }
  if (body < n) {  // zero-padded tail: adding +0 leaves a sum as it is
    float at[16] = {};
    uint16_t bt[16] = {};
    for (int i = body; i < n; ++i) {
      at[i - body] = a[i];
      bt[i - body] = b[i];
    }
    low = _mm256_add_ps(low, _mm256_mul_ps(_mm256_loadu_ps(at), load_f16(bt)));
    high = _mm256_add_ps(high, _mm256_mul_ps(_mm256_loadu_ps(at + 8), load_f16(bt + 8)));
  }
  return fold16(low, high);
}

void f16_dot_rows(const uint16_t* w, int k, int row_begin, int row_end, const float* x,
                  float* out) {
  for (int row = row_begin; row < row_end; ++row) {
    out[row] = dot_f16(x, w + static_cast<size_t>(row) * k, k);
  }
}

void axpy_f16(float a, const uint16_t* x, float* y, int n) {
  const __m256 av = _mm256_set1_ps(a);
  const int body = n & ~7;
  for (int i = 0; i < body; i += 8) {
    _mm256_storeu_ps(y + i,
                     _mm256_add_ps(_mm256_loadu_ps(y + i), _mm256_mul_ps(av, load_f16(x + i))));
  }
  for (int i = body; i < n; ++i) {
    uint16_t one[8] = {x[i]};
    y[i] += a * _mm256_cvtss_f32(load_f16(one));
  }
}

float sum_squares(const float* x, int n) {
  __m256 low = _mm256_setzero_ps();
  __m256 high = _mm256_setzero_ps();
  const int body = n & ~15;
  for (int i = 0; i < body; i += 16) {
    const __m256 a = _mm256_loadu_ps(x + i);
    const __m256 b = _mm256_loadu_ps(x + i + 8);
    low = _mm256_add_ps(low, _mm256_mul_ps(a, a));
    high = _mm256_add_ps(high, _mm256_mul_ps(b, b));
  }
  if (body < n) {
    float tail[16] = {};
    for (int i = body; i < n; ++i) tail[i - body] = x[i];
    const __m256 a = _mm256_loadu_ps(tail);
    const __m256 b = _mm256_loadu_ps(tail + 8);
    low = _mm256_add_ps(low, _mm256_mul_ps(a, a));
    high = _mm256_add_ps(high, _mm256_mul_ps(b, b));
  }
  return fold16(low, high);
}

float absmax(const float* x, int n) {
  const __m256 magnitude = _mm256_castsi256_ps(_mm256_set1_epi32(0x7fffffff));
  __m256 largest = _mm256_setzero_ps();
  const int body = n & ~7;
  for (int i = 0; i < body; i += 8) {
    // maxps returns its second operand when the first is NaN.
    largest = _mm256_max_ps(_mm256_and_ps(_mm256_loadu_ps(x + i), magnitude), largest);
  }
  float lanes[8];
  _mm256_storeu_ps(lanes, largest);
  float result = 0;
  for (float lane : lanes) result = lane > result ? lane : result;
  for (int i = body; i < n; ++i) {
    const float a = x[i] < 0 ? -x[i] : x[i];
    if (a > result) result = a;
  }
  return result;
}

int32_t quantize(const float* x, int n, float s, int8_t* q) {
  const __m256 sv = _mm256_set1_ps(s);
  const __m256 lowest = _mm256_set1_ps(-128.0f);
  const __m256 highest = _mm256_set1_ps(127.0f);
  __m256i sum = _mm256_setzero_si256();
  for (int i = 0; i < n; i += 8) {
    __m256 v;
    if (i + 8 <= n) {
      v = _mm256_loadu_ps(x + i);
    } else {
      float tail[8] = {};
      for (int j = i; j < n; ++j) tail[j - i] = x[j];
      v = _mm256_loadu_ps(tail);
    }
    // The second operand is the answer when the first is NaN.
    const __m256 scaled = _mm256_min_ps(_mm256_max_ps(_mm256_mul_ps(v, sv), lowest), highest);
    const __m256i r = _mm256_cvtps_epi32(scaled);  // rounds half to even
    sum = _mm256_add_epi32(sum, r);
    const __m128i r16 = _mm_packs_epi32(_mm256_castsi256_si128(r), _mm256_extracti128_si256(r, 1));
    const __m128i r8 = _mm_packs_epi16(r16, r16);
    if (i + 8 <= n) {
      _mm_storel_epi64(reinterpret_cast<__m128i*>(q + i), r8);
    } else {
      int8_t tail[16];
      _mm_storeu_si128(reinterpret_cast<__m128i*>(tail), r8);
      for (int j = i; j < n; ++j) q[j] = tail[j - i];
    }
  }
  return fold_epi32(sum);
}

constexpr KernelSet kAvx2 = {"avx2",   ternary_matmul, int8_dot_rows, f16_dot_rows, dot_f16,
                             axpy_f16, sum_squares,    absmax,        quantize};

}  // namespace

const KernelSet* avx2_kernels() { return &kAvx2; }

}  // namespace sterna

#else

namespace sterna {
const KernelSet* avx2_kernels() { return nullptr; }
}  // namespace sterna

#endif
