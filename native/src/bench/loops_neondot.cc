// The loops for NEON with dot products. Compiled for a CPU with these instructions, so the rules of
// kernels/avx2.cc apply.
#include "bench/loops.h"

#if defined(__aarch64__)

namespace sterna {
namespace {

// The registers are named, as on x86.
#define STERNA_DOT(sum) "sdot v" #sum ".4s, v30.16b, v31.16b\n\t"

void multiply_add(int64_t rounds) {
  for (int64_t round = 0; round < rounds; ++round) {
    asm volatile(STERNA_DOT(16) STERNA_DOT(17) STERNA_DOT(18) STERNA_DOT(19) STERNA_DOT(20)
                     STERNA_DOT(21) STERNA_DOT(22) STERNA_DOT(23) STERNA_DOT(24) STERNA_DOT(25)
                         STERNA_DOT(26) STERNA_DOT(27) STERNA_DOT(28) STERNA_DOT(29)
                 :
                 :
                 : "v16", "v17", "v18", "v19", "v20", "v21", "v22", "v23", "v24", "v25", "v26",
                   "v27", "v28", "v29");
  }
}

#undef STERNA_DOT

}  // namespace

MacLoop mac_neondot() { return {multiply_add, 14 * 16}; }

}  // namespace sterna

#endif
