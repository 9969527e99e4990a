// Known-answer test: fixed inputs, answers stored here. It runs at every start, because a kernel
// that is wrong on one kind of CPU must never get as far as printing text.
#include <cstring>

#include "kernels/f16.h"
#include "kernels/kernels.h"

namespace sterna {
namespace {

// splitmix64: the same numbers on every machine.
struct Numbers {
  uint64_t state;
  uint64_t next() {
    uint64_t z = (state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  int below(int n) { return static_cast<int>(next() % static_cast<uint64_t>(n)); }
  // Multiples of 2^-12 in (-4, 4): exact in float.
  float real() { return static_cast<float>(below(32767) - 16383) / 4096.0f; }
};

// FNV-1a over bytes.
struct Hash {
  uint64_t value = 0xcbf29ce484222325u;
  void add(const void* data, size_t size) {
    const auto* bytes = static_cast<const uint8_t*>(data);
    for (size_t i = 0; i < size; ++i) value = (value ^ bytes[i]) * 0x100000001b3u;
  }
};

// Odd sizes on purpose: two row tiles, a K that is no multiple of any vector, every remainder of a
// token block.
constexpr int kRows = 2 * kTileRows;
constexpr int kSteps = 21;
constexpr int kCols = kSteps * kTileCols;
constexpr int kTokens = 15;
constexpr int kOdd = kCols - 5;

struct Answers {
  uint64_t ternary = 0, head = 0, f16 = 0, vector = 0, quantize = 0;
};

Answers compute(const KernelSet& k) {
  Answers answers;
  Numbers numbers{2026};

  std::vector<uint8_t> tiles(static_cast<size_t>(kRows / kTileRows) * kSteps * kTileBytes);
  for (uint8_t& byte : tiles) {
    byte = static_cast<uint8_t>(numbers.below(3) | numbers.below(3) << 2 | numbers.below(3) << 4 |
                                numbers.below(3) << 6);
  }
  // The last row of all: only codes 2 against the most negative activations, the extreme of every
  // accumulator.
  for (int step = 0; step < kSteps; ++step) {
    uint8_t* tile = &tiles[(static_cast<size_t>(kSteps) + step) * kTileBytes];
    std::memset(tile + (kTileRows - 1) * 4, 0xaa, 4);
  }
  std::vector<int8_t> x(static_cast<size_t>(kTokens) * kCols);
  std::vector<int32_t> sums(kTokens);
  for (int t = 0; t < kTokens; ++t) {
    for (int c = 0; c < kCols; ++c) {
      int8_t& v = x[static_cast<size_t>(t) * kCols + c];
      v = static_cast<int8_t>(t == 0 ? -128 : t == 1 ? 127 : numbers.below(256) - 128);
      sums[t] += v;
    }
  }
  std::vector<int32_t> out(static_cast<size_t>(kTokens) * kRows);
  Hash ternary;
  for (int m = 1; m <= kTokens; ++m) {
    k.ternary_matmul(tiles.data(), kSteps, 0, kRows / kTileRows, x.data(), kCols, sums.data(), m,
                     out.data(), kRows);
    ternary.add(out.data(), sizeof(int32_t) * m * kRows);
  }
  answers.ternary = ternary.value;

  constexpr int kHeadRows = 7;
  const int limit = int8_head_limit(kOdd);
  std::vector<int8_t> head(static_cast<size_t>(kHeadRows) * kOdd);
  for (int8_t& v : head) v = static_cast<int8_t>(numbers.below(255) - 127);
  std::vector<int16_t> wide(kOdd);
  for (int16_t& v : wide) v = static_cast<int16_t>(numbers.below(2 * limit + 1) - limit);
  std::memset(head.data(), 127, kOdd);  // row 0 with the largest sum there can be
  k.int8_dot_rows(head.data(), kOdd, 0, kHeadRows, wide.data(), out.data());
  Hash heads;
  heads.add(out.data(), sizeof(int32_t) * kHeadRows);
  for (int16_t& v : wide) v = static_cast<int16_t>(limit);
  k.int8_dot_rows(head.data(), kOdd, 0, kHeadRows, wide.data(), out.data());
  heads.add(out.data(), sizeof(int32_t) * kHeadRows);
  answers.head = heads.value;

  std::vector<float> a(kOdd), y(kOdd);
  std::vector<uint16_t> h(static_cast<size_t>(3) * kOdd);
  for (float& v : a) v = numbers.real();
  for (float& v : y) v = numbers.real();
  for (uint16_t& v : h) v = f32_to_f16(numbers.real());
  float rows[4];
  k.f16_dot_rows(h.data(), kOdd, 0, 3, a.data(), rows);
  rows[3] = k.dot_f16(a.data(), h.data(), kOdd);
  Hash f16;
  f16.add(rows, sizeof rows);
  k.axpy_f16(0.3f, h.data(), y.data(), kOdd);
  f16.add(y.data(), sizeof(float) * kOdd);
  answers.f16 = f16.value;

  const float measures[2] = {k.sum_squares(a.data(), kOdd), k.absmax(a.data(), kOdd)};
  Hash vector;
  vector.add(measures, sizeof measures);
  answers.vector = vector.value;

  std::vector<int8_t> q(kOdd);
  Hash quantize;
  for (const float scale : {127.0f / measures[1], 8.0f, 1e30f}) {  // 8: many exact halves
    const int32_t sum = k.quantize(a.data(), kOdd, scale, q.data());
    quantize.add(q.data(), q.size());
    quantize.add(&sum, sizeof sum);
  }
  answers.quantize = quantize.value;
  return answers;
}

// Computed by the scalar reference; native/test/kernels_test.cc checks that against independent
// arithmetic.
constexpr Answers kExpected = {0xb742f5ece6e2f9f6, 0xb85954535c2c1449, 0x3d642f654fcea300,
                               0xc1847fed1228fd6b, 0xccb4c973593c4d8d};

}  // namespace

KnownAnswer known_answer_test(const KernelSet& kernels) {
  const Answers got = compute(kernels);
  std::string wrong;
  const auto check = [&](const char* name, uint64_t have, uint64_t want) {
    if (have == want || !wrong.empty()) return;
    char digits[17];
    for (int i = 0; i < 16; ++i) digits[i] = "0123456789abcdef"[(have >> (60 - 4 * i)) & 15];
    digits[16] = 0;
    wrong = std::string(name) + " gives 0x" + digits;
  };
  check("ternary_matmul", got.ternary, kExpected.ternary);
  check("int8_dot_rows", got.head, kExpected.head);
  check("f16 dot and axpy", got.f16, kExpected.f16);
  check("sum_squares and absmax", got.vector, kExpected.vector);
  check("quantize", got.quantize, kExpected.quantize);
  return {&kernels, wrong.empty(), wrong};
}

}  // namespace sterna
