// The loops for AVX-512 F and VNNI. Compiled for a CPU with these instructions, so the rules of
// kernels/avx2.cc apply.
#include "bench/loops.h"

#if defined(__x86_64__) || defined(_M_X64)

#include <immintrin.h>

namespace sterna {

namespace {

template <size_t Streams, size_t Ahead>
uint64_t read(const uint8_t* data, size_t bytes) {
  constexpr size_t kStep = 256;
  const size_t part = bytes / Streams;
  __m512i s0 = _mm512_setzero_si512(), s1 = s0, s2 = s0, s3 = s0;
  for (size_t at = 0; at < part; at += kStep) {
    for (size_t s = 0; s < Streams; ++s) {
      const uint8_t* p = data + s * part + at;
      if constexpr (Ahead > 0) {
        // The address may be past the end of the data, because a prefetch never faults.
        for (size_t line = 0; line < kStep; line += 64) {
          _mm_prefetch(reinterpret_cast<const char*>(p) + Ahead + line, _MM_HINT_T1);
        }
      }
      s0 = _mm512_xor_si512(s0, _mm512_load_si512(p));
      s1 = _mm512_xor_si512(s1, _mm512_load_si512(p + 64));
      s2 = _mm512_xor_si512(s2, _mm512_load_si512(p + 128));
      s3 = _mm512_xor_si512(s3, _mm512_load_si512(p + 192));
    }
  }
  s0 = _mm512_xor_si512(_mm512_xor_si512(s0, s1), _mm512_xor_si512(s2, s3));
  alignas(64) uint64_t words[8];
  _mm512_store_si512(words, s0);
  uint64_t all = 0;
  for (int i = 0; i < 8; ++i) all ^= words[i];
  return all;
}

// The registers are named, because gcc 12 spills arrays of vectors that pass through asm.
#define STERNA_DOT(sum) "vpdpbusd %%zmm15, %%zmm14, %%zmm" #sum "\n\t"

void multiply_add(int64_t rounds) {
  for (int64_t round = 0; round < rounds; ++round) {
    asm volatile(STERNA_DOT(0) STERNA_DOT(1) STERNA_DOT(2) STERNA_DOT(3) STERNA_DOT(4) STERNA_DOT(5)
                     STERNA_DOT(6) STERNA_DOT(7) STERNA_DOT(8) STERNA_DOT(9) STERNA_DOT(10)
                         STERNA_DOT(11) STERNA_DOT(12) STERNA_DOT(13)
                 :
                 :
                 : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9",
                   "xmm10", "xmm11", "xmm12", "xmm13");
  }
}

#undef STERNA_DOT

}  // namespace

ReadLoops read_avx512() { return {read<1, 0>, read<4, 0>, read<8, 1024>}; }
MacLoop mac_avx512vnni() { return {multiply_add, 14 * 64}; }

}  // namespace sterna

#endif
