// The kernel sets that can be tested here, and the memory that they need.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/kernels.h"

#ifdef STERNA_EMULATED_AVX512
namespace sterna {
const KernelSet* emulated_avx512vnni_kernels();
}
#endif

namespace sterna {
// The sets that can run here, and AVX-512 VNNI by emulation where the build has it.
inline std::vector<const KernelSet*> sets_under_test() {
  std::vector<const KernelSet*> sets = runnable_kernels();
#ifdef STERNA_EMULATED_AVX512
  // The emulation needs AVX2; without it only the scalar set is there.
  if (sets.size() > 1) sets.push_back(emulated_avx512vnni_kernels());
#endif
  return sets;
}

// Aligned memory for one thread, as the transformer provides it.
struct Scratch {
  explicit Scratch(size_t bytes) : data(bytes + 64) {}
  uint8_t* get() { return data.data() + (64 - reinterpret_cast<uintptr_t>(data.data()) % 64) % 64; }
  std::vector<uint8_t> data;
};

}  // namespace sterna
