// AVX2 + FMA + F16C. Compiled with these instructions switched on, so nothing here may be called
// before dispatch.cc has looked at the CPU; and no inline function of the standard library may be
// used here, because the linker might keep this file's copy of it for everybody.
#include "kernels/kernels.h"

#if defined(__x86_64__) || defined(_M_X64)

#include <immintrin.h>

#include <cstring>

#include "kernels/attention.h"
#include "kernels/elementwise.h"

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
inline void tile_rows(const uint8_t* tile, int k_steps, const int8_t* x, const int32_t* x_sums,
                      int32_t* out, size_t ldo) {
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
      const int8_t* xs = x + static_cast<size_t>(step) * kT2Cols * T;
      for (int v = 0; v < V; ++v) {
        const __m256i low = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(w + v * 32));
        const __m256i high = _mm256_srli_epi16(low, 4);
        const __m256i p0 = _mm256_and_si256(low, mask0);
        const __m256i p1 = _mm256_and_si256(low, mask1);
        const __m256i p2 = _mm256_and_si256(high, mask0);
        const __m256i p3 = _mm256_and_si256(high, mask1);
        for (int t = 0; t < T; ++t) {
          const int8_t* xt = xs + 4 * t;
          sum1[v][t] = _mm256_add_epi16(
              sum1[v][t], _mm256_add_epi16(_mm256_maddubs_epi16(p0, broadcast4(xt)),
                                           _mm256_maddubs_epi16(p2, broadcast4(xt + 8 * T))));
          sum4[v][t] = _mm256_add_epi16(
              sum4[v][t], _mm256_add_epi16(_mm256_maddubs_epi16(p1, broadcast4(xt + 4 * T)),
                                           _mm256_maddubs_epi16(p3, broadcast4(xt + 12 * T))));
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
inline void tile_block(const uint8_t* tile, int k_steps, const int8_t* x, const int32_t* x_sums,
                       int32_t* out, size_t ldo) {
  for (int v = 0; v < 4; ++v) {
    tile_rows<1, T>(tile + v * 32, k_steps, x, x_sums, out + v * 8, ldo);
  }
}

constexpr int kMaxBlock = 4;

void t2_product(const TernaryProduct& a, int tile_begin, int tile_end) {
  const size_t kp = static_cast<size_t>(a.k_steps) * kT2Cols;
  const int blocks = block_count(a.m, kMaxBlock);
  for (int t = tile_begin; t < tile_end; ++t) {
    const uint8_t* tile = a.tiles + static_cast<size_t>(t) * a.k_steps * kTileBytes;
    for (int b = 0; b < blocks; ++b) {
      const int i = block_begin(b, a.m, blocks);
      const int8_t* x = a.x + i * kp;
      const int32_t* x_sums = a.x_sums + i;
      int32_t* o = a.out + i * a.ldo + static_cast<size_t>(t) * kTileRows;
      switch (block_begin(b + 1, a.m, blocks) - i) {
        case 4:
          tile_block<4>(tile, a.k_steps, x, x_sums, o, a.ldo);
          break;
        case 3:
          tile_block<3>(tile, a.k_steps, x, x_sums, o, a.ldo);
          break;
        case 2:
          tile_block<2>(tile, a.k_steps, x, x_sums, o, a.ldo);
          break;
        default:
          tile_rows<4, 1>(tile, a.k_steps, x, x_sums, o, a.ldo);
          break;
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

// 15 * 128 * 2 = 3,840 per product of two columns and two products a step: eight steps fit int16.
constexpr int kHeadStepsPerWiden = 4;

void head_high(const uint8_t* high, int k_steps, int group_begin, int group_end, const int8_t* xh,
               const int8_t* xl, size_t ldx, int m, int32_t* out, size_t ldo) {
  const __m256i nibble = _mm256_set1_epi8(0x0f);
  const __m256i ones = _mm256_set1_epi16(1);
  for (int half = group_begin * 2; half < group_end * 2; ++half) {
    const uint8_t* group =
        high + static_cast<size_t>(half / 2) * k_steps * 64 + static_cast<size_t>(half % 2) * 32;
    for (int i = 0; i < m; ++i) {
      __m256i big = _mm256_setzero_si256();
      __m256i small = _mm256_setzero_si256();
      for (int step = 0; step < k_steps;) {
        const int end = step + kHeadStepsPerWiden < k_steps ? step + kHeadStepsPerWiden : k_steps;
        __m256i big16 = _mm256_setzero_si256();
        __m256i small16 = _mm256_setzero_si256();
        for (; step < end; ++step) {
          const __m256i w = _mm256_loadu_si256(
              reinterpret_cast<const __m256i*>(group + static_cast<size_t>(step) * 64));
          const __m256i w0 = _mm256_and_si256(w, nibble);
          const __m256i w1 = _mm256_and_si256(_mm256_srli_epi16(w, 4), nibble);
          const int8_t* h = xh + i * ldx + static_cast<size_t>(step) * 8;
          const int8_t* l = xl + i * ldx + static_cast<size_t>(step) * 8;
          big16 = _mm256_add_epi16(big16,
                                   _mm256_add_epi16(_mm256_maddubs_epi16(w0, broadcast4(h)),
                                                    _mm256_maddubs_epi16(w1, broadcast4(h + 4))));
          small16 = _mm256_add_epi16(small16,
                                     _mm256_add_epi16(_mm256_maddubs_epi16(w0, broadcast4(l)),
                                                      _mm256_maddubs_epi16(w1, broadcast4(l + 4))));
        }
        big = _mm256_add_epi32(big, _mm256_madd_epi16(big16, ones));
        small = _mm256_add_epi32(small, _mm256_madd_epi16(small16, ones));
      }
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + i * ldo + static_cast<size_t>(half) * 8),
                          _mm256_add_epi32(_mm256_slli_epi32(big, 8), small));
    }
  }
}

int32_t head_low(const uint8_t* low, int chunks, const int8_t* xh, const int8_t* xl) {
  const __m256i nibble = _mm256_set1_epi8(0x0f);
  const __m256i ones = _mm256_set1_epi16(1);
  __m256i big = _mm256_setzero_si256();
  __m256i small = _mm256_setzero_si256();
  const auto at = [](const void* p) { return _mm256_loadu_si256(static_cast<const __m256i*>(p)); };
  const auto dot = [&](__m256i w, const int8_t* x) {
    return _mm256_madd_epi16(_mm256_maddubs_epi16(w, at(x)), ones);
  };
  for (int c = 0; c < chunks * 2; ++c) {
    const __m256i w = at(low + static_cast<size_t>(c) * 32);
    const __m256i w0 = _mm256_and_si256(w, nibble);
    const __m256i w1 = _mm256_and_si256(_mm256_srli_epi16(w, 4), nibble);
    const size_t k = static_cast<size_t>(c / 2) * 128 + static_cast<size_t>(c % 2) * 32;
    big = _mm256_add_epi32(big, _mm256_add_epi32(dot(w0, xh + k), dot(w1, xh + k + 64)));
    small = _mm256_add_epi32(small, _mm256_add_epi32(dot(w0, xl + k), dot(w1, xl + k + 64)));
  }
  return fold_epi32(_mm256_add_epi32(_mm256_slli_epi32(big, 8), small));
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

int32_t quantize(const float* x, int n, int padded, float s, int8_t* q, size_t stride) {
  const __m256 sv = _mm256_set1_ps(s);
  const __m256 lowest = _mm256_set1_ps(-128.0f);
  const __m256 highest = _mm256_set1_ps(127.0f);
  __m256i sum = _mm256_setzero_si256();
  for (int i = 0; i < padded; i += 8) {
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
    int8_t* to = q + static_cast<size_t>(i >> 2) * stride;
    const int first = _mm_cvtsi128_si32(r8);
    std::memcpy(to, &first, 4);
    if (i + 4 < padded) {
      const int second = _mm_extract_epi32(r8, 1);
      std::memcpy(to + stride, &second, 4);
    }
  }
  return fold_epi32(sum);
}

void to_f16(const float* x, uint16_t* out, int n) {
  int i = 0;
  for (; i + 8 <= n; i += 8) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + i),
                     _mm256_cvtps_ph(_mm256_loadu_ps(x + i), _MM_FROUND_TO_NEAREST_INT));
  }
  for (; i < n; ++i) out[i] = f32_to_f16(x[i]);
}

struct Lanes256 {
  __m256 a, b;  // elements 0..7, 8..15

  static constexpr int kScoreQueries = 2;
  static constexpr int kValueQueries = 2;
  static constexpr int kValueVectors = 2;

  static Lanes256 zero() { return set1(0); }
  static Lanes256 set1(float x) { return {_mm256_set1_ps(x), _mm256_set1_ps(x)}; }
  static Lanes256 load(const float* p) { return {_mm256_loadu_ps(p), _mm256_loadu_ps(p + 8)}; }
  static Lanes256 load_f16(const uint16_t* p) {
    return {sterna::load_f16(p), sterna::load_f16(p + 8)};
  }
  static void store(float* p, Lanes256 x) {
    _mm256_storeu_ps(p, x.a);
    _mm256_storeu_ps(p + 8, x.b);
  }
  static Lanes256 add(Lanes256 x, Lanes256 y) {
    return {_mm256_add_ps(x.a, y.a), _mm256_add_ps(x.b, y.b)};
  }
  static Lanes256 mul(Lanes256 x, Lanes256 y) {
    return {_mm256_mul_ps(x.a, y.a), _mm256_mul_ps(x.b, y.b)};
  }
  static Lanes256 fma(Lanes256 x, Lanes256 y, Lanes256 z) {
    return {_mm256_fmadd_ps(x.a, y.a, z.a), _mm256_fmadd_ps(x.b, y.b, z.b)};
  }
  static Lanes256 max(Lanes256 x, Lanes256 y) {
    return {_mm256_max_ps(x.a, y.a), _mm256_max_ps(x.b, y.b)};
  }
  static Lanes256 scale_by_power(Lanes256 p, Lanes256 z) {
    return {scale(p.a, z.a), scale(p.b, z.b)};
  }
  static float fold_add(Lanes256 x) { return fold16(x.a, x.b); }
  static float fold_max(Lanes256 x) {
    const __m256 s8 = _mm256_max_ps(x.a, x.b);
    const __m128 s4 = _mm_max_ps(_mm256_castps256_ps128(s8), _mm256_extractf128_ps(s8, 1));
    const __m128 s2 = _mm_max_ps(s4, _mm_movehl_ps(s4, s4));
    return _mm_cvtss_f32(_mm_max_ss(s2, _mm_shuffle_ps(s2, s2, 1)));
  }

 private:
  static __m256 scale(__m256 p, __m256 z) {
    return _mm256_castsi256_ps(
        _mm256_add_epi32(_mm256_castps_si256(p), _mm256_slli_epi32(_mm256_castps_si256(z), 23)));
  }
};

}  // namespace

const KernelSet* avx2_kernels() {
  static const KernelSet set = [] {
    KernelSet s = scalar_kernels();
    s.name = "avx2";
    s.layout = TernaryLayout::kT2;
    s.max_block = kMaxBlock;
    s.t2_product = t2_product;
    s.head_high = head_high;
    s.head_low = head_low;
    s.f16_dot_rows = f16_dot_rows;
    s.attend = attend_segment<Lanes256>;
    s.sum_squares = sum_squares;
    s.absmax = absmax;
    s.quantize = quantize;
    s.scale_norm = scale_norm;
    s.relu_squared = relu_squared;
    s.rescale = rescale;
    s.rotate = rotate;
    s.to_f16 = to_f16;
    return s;
  }();
  return &set;
}

}  // namespace sterna

#else

namespace sterna {
const KernelSet* avx2_kernels() { return nullptr; }
}  // namespace sterna

#endif
