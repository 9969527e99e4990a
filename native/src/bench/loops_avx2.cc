// The loops for AVX2. Compiled for a CPU with AVX2, so the rules of kernels/avx2.cc apply.
#include "bench/loops.h"

#if defined(__x86_64__) || defined(_M_X64)

#include <immintrin.h>

namespace sterna {

namespace {

template <size_t Streams, size_t Ahead>
uint64_t read(const uint8_t* data, size_t bytes) {
  constexpr size_t kStep = 128;
  const size_t part = bytes / Streams;
  __m256i s0 = _mm256_setzero_si256(), s1 = s0, s2 = s0, s3 = s0;
  for (size_t at = 0; at < part; at += kStep) {
    for (size_t s = 0; s < Streams; ++s) {
      const uint8_t* p = data + s * part + at;
      const auto* v = reinterpret_cast<const __m256i*>(p);
      if constexpr (Ahead > 0) {
        // The address may be past the end of the data, because a prefetch never faults.
        _mm_prefetch(reinterpret_cast<const char*>(p) + Ahead, _MM_HINT_T1);
        _mm_prefetch(reinterpret_cast<const char*>(p) + Ahead + 64, _MM_HINT_T1);
      }
      s0 = _mm256_xor_si256(s0, _mm256_load_si256(v));
      s1 = _mm256_xor_si256(s1, _mm256_load_si256(v + 1));
      s2 = _mm256_xor_si256(s2, _mm256_load_si256(v + 2));
      s3 = _mm256_xor_si256(s3, _mm256_load_si256(v + 3));
    }
  }
  s0 = _mm256_xor_si256(_mm256_xor_si256(s0, s1), _mm256_xor_si256(s2, s3));
  const __m128i s = _mm_xor_si128(_mm256_castsi256_si128(s0), _mm256_extracti128_si256(s0, 1));
  return static_cast<uint64_t>(_mm_cvtsi128_si64(s)) ^
         static_cast<uint64_t>(_mm_extract_epi64(s, 1));
}

// The registers are named, because gcc 12 spills arrays of vectors that pass through asm.
#define STERNA_PAIR(product, sum)               \
  "vpmaddubsw %%ymm15, %%ymm14, %%ymm" #product \
  "\n\t"                                        \
  "vpaddw %%ymm" #product ", %%ymm" #sum ", %%ymm" #sum "\n\t"

void multiply_add(int64_t rounds) {
  for (int64_t round = 0; round < rounds; ++round) {
    asm volatile(STERNA_PAIR(7, 0) STERNA_PAIR(8, 1) STERNA_PAIR(9, 2) STERNA_PAIR(10, 3)
                     STERNA_PAIR(11, 4) STERNA_PAIR(12, 5) STERNA_PAIR(13, 6) STERNA_PAIR(7, 0)
                         STERNA_PAIR(8, 1) STERNA_PAIR(9, 2) STERNA_PAIR(10, 3) STERNA_PAIR(11, 4)
                             STERNA_PAIR(12, 5) STERNA_PAIR(13, 6)
                 :
                 :
                 : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9",
                   "xmm10", "xmm11", "xmm12", "xmm13");
  }
}

#undef STERNA_PAIR

}  // namespace

ReadLoops read_avx2() { return {read<1, 0>, read<4, 0>, read<8, 1024>}; }
MacLoop mac_avx2() { return {multiply_add, 14 * 32}; }

}  // namespace sterna

#endif
