// The loops for AVX-VNNI. Compiled for a CPU with these instructions, so the rules of
// kernels/avx2.cc apply.
#include "bench/loops.h"

#if defined(__x86_64__) || defined(_M_X64)

namespace sterna {
namespace {

// The registers are named, because gcc 12 spills arrays of vectors that pass through asm.
#define STERNA_DOT(sum) "%{vex%} vpdpbusd %%ymm15, %%ymm14, %%ymm" #sum "\n\t"

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

MacLoop mac_avxvnni() { return {multiply_add, 14 * 32}; }

}  // namespace sterna

#endif
