// Measures what the machine can do at this moment, as the ceiling that other figures are compared
// with.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace sterna {

struct CeilingOptions {
  int threads = 1;         // 1..64
  std::string kernel;      // the kernel set whose multiply-add instruction is measured
  size_t megabytes = 512;  // memory to read; must be much larger than the L2 caches
  int passes = 5;          // how often each way is measured; the median counts
};

struct Ceilings {
  double read_gbs = 0;   // bytes read per nanosecond, from memory in huge pages
  double mac_gmacs = 0;  // 10^9 8-bit multiply-adds per second, from registers
};

// Takes about a second. Returns nothing, and one line in `error`, when the kernel set cannot run
// here, a number is out of range or the system refuses the memory.
std::optional<Ceilings> measure_ceilings(const CeilingOptions& options, std::string* error);

}  // namespace sterna
