// The loops for any CPU: whatever the compiler makes of plain C++.
#include "bench/loops.h"

namespace sterna {

namespace {

constexpr size_t kWords = 8;  // 64 bytes at a time

template <size_t Streams>
uint64_t read(const uint8_t* data, size_t bytes) {
  const auto* words = reinterpret_cast<const uint64_t*>(data);
  const size_t part = bytes / sizeof(uint64_t) / Streams;
  uint64_t sums[kWords] = {};
  for (size_t at = 0; at < part; at += kWords) {
    for (size_t s = 0; s < Streams; ++s) {
      for (size_t k = 0; k < kWords; ++k) sums[k] ^= words[s * part + at + k];
    }
  }
  uint64_t all = 0;
  for (const uint64_t sum : sums) all ^= sum;
  return all;
}

}  // namespace

ReadLoops read_scalar() { return {read<1>, read<4>, read<8>}; }

namespace {

constexpr int kLanes = 64;

void multiply_add(int64_t rounds) {
  int8_t a[kLanes], b[kLanes];
  int32_t sums[kLanes] = {};
  for (int i = 0; i < kLanes; ++i) {
    a[i] = static_cast<int8_t>(i % 3 - 1);
    b[i] = static_cast<int8_t>(i);
  }
  for (int64_t round = 0; round < rounds; ++round) {
    // Tells the compiler that the operands may have any value now, so that it keeps the loop.
    asm volatile("" : : "r"(a), "r"(b), "r"(sums) : "memory");
    for (int i = 0; i < kLanes; ++i) sums[i] += a[i] * b[i];
  }
  asm volatile("" : : "r"(sums) : "memory");
}

}  // namespace

MacLoop mac_scalar() { return {multiply_add, kLanes}; }

}  // namespace sterna
