// What an x86 CPU reports about itself. The compilers' builtins need a table in their runtime
// library, which not every cross compiler has, and older versions do not know all names.
#pragma once
#if defined(__x86_64__) || defined(_M_X64)
#include <cpuid.h>

#include <cstdint>

namespace sterna {

struct CpuLeaf {
  unsigned a = 0, b = 0, c = 0, d = 0;
};

// The registers are zero where the CPU has no such leaf.
inline CpuLeaf cpu_leaf(unsigned leaf, unsigned part = 0) {
  CpuLeaf found;
  if (!__get_cpuid_count(leaf, part, &found.a, &found.b, &found.c, &found.d)) return {};
  return found;
}

inline bool has_bit(unsigned word, int bit) { return (word >> bit & 1) != 0; }

// The registers that the operating system saves (XCR0): bits 1 and 2 for AVX, 5 to 7 for AVX-512.
inline uint64_t saved_registers() {
  if (!has_bit(cpu_leaf(1).c, 27)) return 0;  // OSXSAVE
  uint32_t low = 0, high = 0;
  __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return uint64_t{high} << 32 | low;
}

}  // namespace sterna
#endif
