// AVX-VNNI: vpdpbusd on 256 bits. Everything that does not multiply bytes is inherited from AVX2.
#include "kernels/kernels.h"

#if defined(__x86_64__) || defined(_M_X64)

#include <immintrin.h>

#include "kernels/avx2_grouped.h"
#include "kernels/avx2_head.h"
#include "kernels/avx2_t2.h"

namespace sterna {
namespace {

struct Dot {
  static constexpr int kChunk = 32;
  static constexpr int kPacked = 32;
  static constexpr int kAdds = 1 << 20;  // the lanes are int32: no limit that a matrix could reach

  STERNA_INLINE static inline void add(__m256i& a, __m256i w, const int8_t* x) {
    __m256i p;
    asm("vpbroadcastd %3, %1\n\t"
        "%{vex%} vpdpbusd %1, %2, %0"
        : "+x"(a), "=&x"(p)
        : "x"(w), "m"(*reinterpret_cast<const int8_t(*)[4]>(x)));
  }
  STERNA_INLINE static inline void add2(__m256i& a, __m256i& b, __m256i w, __m256i v,
                                        const int8_t* x) {
    __m256i p;
    asm("vpbroadcastd %5, %2\n\t"
        "%{vex%} vpdpbusd %2, %3, %0\n\t"
        "%{vex%} vpdpbusd %2, %4, %1"
        : "+x"(a), "+x"(b), "=&x"(p)
        : "x"(w), "x"(v), "m"(*reinterpret_cast<const int8_t(*)[4]>(x)));
  }
  STERNA_INLINE static inline void dot(__m256i& a, __m256i w, __m256i x) {
    asm("%{vex%} vpdpbusd %2, %1, %0" : "+x"(a) : "x"(w), "x"(x));
  }
  STERNA_INLINE static inline __m256i start(int32_t sum) { return _mm256_set1_epi32(sum); }
  STERNA_INLINE static inline __m256i widen(__m256i a) { return a; }
};

}  // namespace

const KernelSet* avxvnni_kernels() {
  static const KernelSet set = [] {
    KernelSet s = *avx2_kernels();
    s.name = "avxvnni";
    s.max_block = kMaxBlock;
    s.t2_product = t2_product<Dot>;
    s.t2_grouped = t2_grouped<Dot>;
    s.head_high = head_high<Dot>;
    s.head_middle = head_middle<Dot>;
    s.head_low = head_low<Dot>;
    return s;
  }();
  return &set;
}

}  // namespace sterna

#else

namespace sterna {
const KernelSet* avxvnni_kernels() { return nullptr; }
}  // namespace sterna

#endif
