// The innermost loops of the ceilings, one file per instruction set. A loop must be called only
// where the CPU has its instructions.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sterna {

// Reads `bytes` bytes (a multiple of kReadBlock, 64-byte aligned) once and returns a value that
// depends on all of them.
using ReadLoop = uint64_t (*)(const uint8_t* data, size_t bytes);
inline constexpr size_t kReadBlock = 4096;

// Three ways to read. Which one is fastest depends on the CPU's prefetchers, so all are measured.
struct ReadLoops {
  ReadLoop one;         // front to back
  ReadLoop four;        // four streams side by side
  ReadLoop prefetched;  // eight streams, prefetched into L2 1 KB ahead
};

// Does `rounds` times a fixed number of 8-bit multiply-adds, all in registers, with enough
// independent sums to hide the latency.
struct MacLoop {
  void (*run)(int64_t rounds) = nullptr;
  int64_t macs_per_round = 0;
};

ReadLoops read_scalar();
MacLoop mac_scalar();

#if defined(__x86_64__) || defined(_M_X64)
ReadLoops read_avx2();
ReadLoops read_avx512();
MacLoop mac_avx2();        // vpmaddubsw and vpaddw
MacLoop mac_avxvnni();     // vpdpbusd, 256 bits
MacLoop mac_avx512vnni();  // vpdpbusd, 512 bits
MacLoop mac_amx();         // tdpbsud
#elif defined(__aarch64__)
MacLoop mac_neon();     // smlal
MacLoop mac_neondot();  // sdot
#endif

}  // namespace sterna
