// The loops for NEON, which every aarch64 processor has.
#include "bench/loops.h"

#if defined(__aarch64__)

namespace sterna {
namespace {

// Two instructions make the 16 products of one register of bytes. The registers are named, as on
// x86.
#define STERNA_PAIR(low, high) \
  "smlal v" #low               \
  ".8h, v30.8b, v31.8b\n\t"    \
  "smlal2 v" #high ".8h, v30.16b, v31.16b\n\t"

void multiply_add(int64_t rounds) {
  for (int64_t round = 0; round < rounds; ++round) {
    asm volatile(STERNA_PAIR(16, 17) STERNA_PAIR(18, 19) STERNA_PAIR(20, 21) STERNA_PAIR(22, 23)
                     STERNA_PAIR(24, 25) STERNA_PAIR(26, 27)
                 :
                 :
                 : "v16", "v17", "v18", "v19", "v20", "v21", "v22", "v23", "v24", "v25", "v26",
                   "v27");
  }
}

#undef STERNA_PAIR

}  // namespace

MacLoop mac_neon() { return {multiply_add, 6 * 16}; }

}  // namespace sterna

#endif
