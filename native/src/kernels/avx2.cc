// AVX2 + FMA + F16C. This file is compiled for a CPU with these instructions. So nothing in it may
// be called before dispatch.cc has looked at the CPU, and it must not use inline functions of the
// standard library: the linker might keep this file's copy of one for the whole program.
#include "kernels/kernels.h"

#if defined(__x86_64__) || defined(_M_X64)

#include <immintrin.h>

#include <cstring>

#include "kernels/add_group.h"
#include "kernels/attention.h"
#include "kernels/avx2_binary.h"
#include "kernels/avx2_grouped.h"
#include "kernels/avx2_head.h"
#include "kernels/avx2_t2.h"
#include "kernels/elementwise.h"
#include "kernels/silu.h"

namespace sterna {
namespace {

// vpmaddubsw adds the products of two columns into an int16. Written in assembler, because both
// compilers regroup the additions of the intrinsics over several columns and then spill registers.
struct MultiplyAdd {
  static constexpr int kChunk = 16;
  static constexpr int kPacked = 12;
  // One addition is at least 2 * -128 times the weight, so after kAdds of them with weight 1 an
  // int16 has reached exactly -32768.
  static constexpr int kAdds = 128;

  STERNA_INLINE static inline void add(__m256i& a, __m256i w, const int8_t* x) {
    __m256i p;
    asm("vpbroadcastd %3, %1\n\t"
        "vpmaddubsw %1, %2, %1\n\t"
        "vpaddw %1, %0, %0"
        : "+x"(a), "=&x"(p)
        : "x"(w), "m"(*reinterpret_cast<const int8_t(*)[4]>(x)));
  }
  STERNA_INLINE static inline void add2(__m256i& a, __m256i& b, __m256i w, __m256i v,
                                        const int8_t* x) {
    __m256i p, q;
    asm("vpbroadcastd %6, %2\n\t"
        "vpmaddubsw %2, %4, %3\n\t"
        "vpmaddubsw %2, %5, %2\n\t"
        "vpaddw %3, %0, %0\n\t"
        "vpaddw %2, %1, %1"
        : "+x"(a), "+x"(b), "=&x"(p), "=&x"(q)
        : "x"(w), "x"(v), "m"(*reinterpret_cast<const int8_t(*)[4]>(x)));
  }
  STERNA_INLINE static inline void dot(__m256i& a, __m256i w, __m256i x) {
    a = _mm256_add_epi16(a, _mm256_maddubs_epi16(w, x));
  }
  // The first of a row's two lanes has all of it. The additions of a group of 128 columns stay
  // within int16 beside it: what is taken away for a column and what is added later for the same
  // column have opposite signs.
  STERNA_INLINE static inline __m256i start(int32_t sum) { return _mm256_set1_epi32(sum & 0xffff); }
  STERNA_INLINE static inline __m256i widen(__m256i a) {
    return _mm256_madd_epi16(a, _mm256_set1_epi16(1));
  }
};

// Adds up sums 0..7 and 8..15 in the fixed order: folded by halves.
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
  if (body < n) {  // the tail is padded with zeros, and adding +0 does not change a sum
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
  __m256 low = _mm256_setzero_ps();
  __m256 high = _mm256_setzero_ps();
  const int body = n & ~15;
  for (int i = 0; i < body; i += 16) {
    // maxps returns its second operand when the first is NaN.
    low = _mm256_max_ps(_mm256_and_ps(_mm256_loadu_ps(x + i), magnitude), low);
    high = _mm256_max_ps(_mm256_and_ps(_mm256_loadu_ps(x + i + 8), magnitude), high);
  }
  const __m256 m8 = _mm256_max_ps(low, high);
  const __m128 m4 = _mm_max_ps(_mm256_castps256_ps128(m8), _mm256_extractf128_ps(m8, 1));
  const __m128 m2 = _mm_max_ps(m4, _mm_movehl_ps(m4, m4));
  float result = _mm_cvtss_f32(_mm_max_ss(m2, _mm_shuffle_ps(m2, m2, 1)));
  for (int i = body; i < n; ++i) {
    const float a = x[i] < 0 ? -x[i] : x[i];
    if (a > result) result = a;
  }
  return result;
}

int32_t quantise(const float* x, int n, int padded, float s, int8_t* q, size_t stride) {
  const __m256 sv = _mm256_set1_ps(s);
  const __m256 lowest = _mm256_set1_ps(-128.0f);
  const __m256 highest = _mm256_set1_ps(127.0f);
  __m256i sum = _mm256_setzero_si256();
  for (int i = 0; i < padded; i += 8) {
    __m256 v;
    if (i + 8 <= n) {
      v = _mm256_mul_ps(_mm256_loadu_ps(x + i), sv);
    } else {  // the padding is zero whatever the scale
      float tail[8] = {};
      for (int j = i; j < n; ++j) tail[j - i] = x[j] * s;
      v = _mm256_loadu_ps(tail);
    }
    // The second operand is the answer when the first is NaN.
    const __m256 scaled = _mm256_min_ps(_mm256_max_ps(v, lowest), highest);
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
  static Lanes256 load_i8(const int8_t* p) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    return {_mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(bytes)),
            _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_srli_si128(bytes, 8)))};
  }
  static Lanes256 load_i32(const int32_t* p) {
    return {_mm256_cvtepi32_ps(load256(p)), _mm256_cvtepi32_ps(load256(p + 8))};
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
  static Lanes256 div(Lanes256 x, Lanes256 y) {
    return {_mm256_div_ps(x.a, y.a), _mm256_div_ps(x.b, y.b)};
  }
  static Lanes256 where_negative(Lanes256 x, Lanes256 y, Lanes256 z) {
    return {_mm256_blendv_ps(z.a, y.a, x.a), _mm256_blendv_ps(z.b, y.b, x.b)};
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
    s.t2_product = t2_product<MultiplyAdd>;
    s.add_group = add_group<Lanes256>;
    s.t2_grouped = t2_grouped<MultiplyAdd>;
    s.binary_layout = TernaryLayout::kB1;
    s.table_tokens = INT32_MAX;
    s.b1_tables = b1_tables;
    s.b1_grouped = b1_grouped;
    s.head_high = head_high<MultiplyAdd>;
    s.head_middle = head_middle<MultiplyAdd>;
    s.head_low = head_low<MultiplyAdd>;
    s.f16_dot_rows = f16_dot_rows;
    s.attend = attend_segment<Lanes256>;
    s.sum_squares = sum_squares;
    s.absmax = absmax;
    s.quantise = quantise;
    s.scale_norm = scale_norm;
    s.relu_squared = relu_squared;
    s.silu = silu<Lanes256>;
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
