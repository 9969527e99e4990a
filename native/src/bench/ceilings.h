// What the machine could do at this moment: the figures that a measurement is a share of.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace sterna {

struct CeilingOptions {
  int threads = 1;         // 1..64
  std::string kernel;      // kernel set whose multiply-add instruction is measured
  size_t megabytes = 512;  // memory to read; well above the L2 caches, or it measures those
  int passes = 5;          // the median of so many counts
};

struct Ceilings {
  double read_gbs = 0;   // 10^9 bytes a second, from memory in huge pages
  double mac_gmacs = 0;  // 10^9 8-bit multiply-adds a second, from registers
};

// Takes about a second. Nothing, and one line in `error`, when the kernel set cannot run here, a
// number is out of range or the memory is refused.
std::optional<Ceilings> measure_ceilings(const CeilingOptions& options, std::string* error);

}  // namespace sterna
