// The known-answer test: fixed inputs, and the answers stored here. It runs at every start, because
// a kernel that is wrong on some kind of CPU must never produce any text.
#include <algorithm>
#include <cstring>

#include "kernels/f16.h"
#include "kernels/grouped.h"
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
  // A multiple of 2^-12 in (-4, 4), which is exact in float.
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

// The sizes are odd on purpose: two row tiles, columns that are no multiple of any vector, and
// every remainder of a block of tokens.
constexpr int kRows = 2 * kTileRows;
constexpr int kSteps = 21;
constexpr int kTokens = 31;
constexpr int kOdd = 331;

struct Answers {
  uint64_t t2 = 0, t16 = 0, head = 0, f16 = 0, attention = 0, vector = 0, quantise = 0;
  uint64_t grouped = 0, silu = 0, attention_int8 = 0;
};

// The first address in `memory` that is a multiple of 64.
template <class T>
T* aligned(std::vector<T>& memory) {
  return memory.data() + (64 - reinterpret_cast<uintptr_t>(memory.data()) % 64) % 64;
}

// A byte of weights.
uint8_t any_byte(TernaryLayout layout, Numbers& numbers) {
  if (layout == TernaryLayout::kT16) return static_cast<uint8_t>(numbers.below(243));
  if (layout == TernaryLayout::kB1) return static_cast<uint8_t>(numbers.below(256));
  const auto code = [&] { return numbers.below(3); };
  return static_cast<uint8_t>(code() | code() << 2 | code() << 4 | code() << 6);
}

uint64_t product_answer(const KernelSet& k, TernaryLayout layout, Numbers numbers) {
  const int kp = kSteps * tile_cols(layout);
  std::vector<uint8_t> tiles(static_cast<size_t>(kRows / kTileRows) * kSteps * kTileBytes);
  for (uint8_t& byte : tiles) {
    byte = any_byte(layout, numbers);
  }
  // The last row tests the extreme of every accumulator: all codes are 2 and all activations are
  // the most negative ones.
  for (int step = 0; step < kSteps; ++step) {
    uint8_t* tile = &tiles[(static_cast<size_t>(kSteps) + step) * kTileBytes];
    std::memset(tile + (kTileRows - 1) * 4, layout == TernaryLayout::kT16 ? 242 : 0xaa, 4);
  }
  // Activations are generated token by token, then packed anew for each number of tokens.
  std::vector<int8_t> x(static_cast<size_t>(kTokens) * kp), packed(Packing{0, kTokens, kp}.bytes());
  std::vector<int32_t> sums(kTokens);
  for (int t = 0; t < kTokens; ++t) {
    for (int c = 0; c < kp; ++c) {
      int8_t& v = x[static_cast<size_t>(t) * kp + c];
      v = static_cast<int8_t>(t == 0 ? -128 : t == 1 ? 127 : numbers.below(256) - 128);
      sums[t] += v;
    }
  }
  std::vector<int32_t> out(static_cast<size_t>(kTokens) * kRows);
  std::vector<uint8_t> scratch(scratch_bytes(kp) + 64);
  Hash hash;
  for (int m = 1; m <= kTokens; ++m) {
    const Packing packing = {max_block(k, m), m, kp};
    for (int t = 0; t < m; ++t) {
      for (int c = 0; c < kp; c += 4) {
        std::memcpy(&packed[packing.at(t, c)], &x[static_cast<size_t>(t) * kp + c], 4);
      }
    }
    const TernaryProduct product = {.tiles = tiles.data(),
                                    .k_steps = kSteps,
                                    .max_block = max_block(k, m),
                                    .x = packed.data(),
                                    .x_sums = sums.data(),
                                    .m = m,
                                    .out = out.data(),
                                    .ldo = kRows,
                                    .scratch = aligned(scratch)};
    (layout == TernaryLayout::kT16 ? k.t16_product : k.t2_product)(product, 0, kRows / kTileRows);
    hash.add(out.data(), sizeof(int32_t) * m * kRows);
  }
  return hash.value;
}

// The bytes of a matrix with scales per group: codes of weights, and scales between 2^-4 and 2.
std::vector<uint8_t> grouped_matrix(TernaryLayout layout, int units, Numbers& numbers) {
  std::vector<uint8_t> bytes;
  for (int unit = 0; unit < units; ++unit) {
    for (int i = 0; i < unit_groups(layout) * kTileRows; ++i) {
      const uint16_t scale = f32_to_f16(static_cast<float>(64 + numbers.below(1984)) / 1024);
      bytes.push_back(static_cast<uint8_t>(scale));
      bytes.push_back(static_cast<uint8_t>(scale >> 8));
    }
    while (bytes.size() % unit_bytes(layout) != 0) {
      bytes.push_back(any_byte(layout, numbers));
    }
  }
  return bytes;
}

// Makes the activations of a group and of token `token` of m, puts them where the product wants
// them, and returns their sum.
int32_t place_group(const KernelSet& k, TernaryLayout layout, int group, int token, int m,
                    int8_t* to, Numbers& numbers) {
  alignas(16) int8_t columns[kGroupColumns];
  int32_t sum = 0;
  for (int8_t& column : columns) {
    column = static_cast<int8_t>(numbers.below(256) - 128);
    sum += column;
  }
  if (takes_tables(k, layout, m)) {
    k.b1_tables(columns, reinterpret_cast<uint8_t*>(to) + static_cast<size_t>(token) * kTableBytes);
    return sum;
  }
  const Packing packing = {max_block(k, m), m, group_places(layout)};
  for (int column = 0; column < kGroupColumns; ++column) {
    const int place = group_place(layout, group, column);
    to[packing.at(token, place & ~3) + static_cast<size_t>(place & 3)] = columns[column];
  }
  return sum;
}

uint64_t grouped_answer(const KernelSet& k, TernaryLayout layout, Numbers numbers) {
  constexpr int kGroups = 3;
  const int places = group_places(layout);
  const std::vector<uint8_t> tiles =
      grouped_matrix(layout, kRows / kTileRows * unit_count(layout, kGroups), numbers);
  const size_t panels = Packing{0, kTokens, places}.bytes();
  const size_t most = std::max(panels, size_t{kTokens} * kTableBytes);
  std::vector<int8_t> x(kGroups * most + 64);
  int8_t* groups = aligned(x);
  std::vector<int32_t> x_sums(kGroups * kTokens), sums(kTokens * kTileRows);
  std::vector<float> x_scales(kGroups * kTokens), out(kTokens * kRows);
  std::vector<uint8_t> scratch(scratch_bytes(places) + 64);
  Hash hash;
  for (const int m : {1, 2, 5, 13, kTokens}) {
    std::memset(x.data(), 0, x.size());
    for (int i = 0; i < kGroups * m; ++i) {
      const int group = i / m;
      x_scales[static_cast<size_t>(i)] = numbers.real();
      x_sums[static_cast<size_t>(i)] = place_group(
          k, layout, group, i % m, m, groups + static_cast<size_t>(group) * most, numbers);
    }
    grouped_product(k,
                    {.layout = layout,
                     .tiles = tiles.data(),
                     .groups = kGroups,
                     .max_block = max_block(k, m),
                     .x = groups,
                     .group_bytes = most,
                     .x_scales = x_scales.data(),
                     .x_sums = x_sums.data(),
                     .m = m,
                     .out = out.data(),
                     .ldo = kRows,
                     .sums = sums.data(),
                     .scratch = aligned(scratch)},
                    0, kRows / kTileRows);
    hash.add(out.data(), sizeof(float) * static_cast<size_t>(m) * kRows);
  }
  return hash.value;
}

uint64_t head_answer(const KernelSet& k, Numbers numbers) {
  constexpr int kGroups = 3;
  constexpr int kHighSteps = 33;  // 264 columns
  constexpr int kChunks = 8;      // 1,024 columns
  constexpr size_t kLdx = kChunks * 128;
  constexpr int kHeadTokens = 9;
  constexpr size_t kLdo = kGroups * 16;
  std::vector<uint8_t> high(kGroups * kHighSteps * 64), low(kChunks * 64);
  for (uint8_t& byte : high) byte = static_cast<uint8_t>(numbers.below(256));
  for (uint8_t& byte : low) byte = static_cast<uint8_t>(numbers.below(256));
  std::memset(high.data(), 0xff, 64);  // gives the largest sums that are possible
  std::vector<int8_t> xh(kHeadTokens * kLdx), xl(xh.size());
  for (size_t i = 0; i < xh.size(); ++i) {
    xh[i] = static_cast<int8_t>(i < kLdx ? 127 : i < 2 * kLdx ? -127 : numbers.below(255) - 127);
    xl[i] = static_cast<int8_t>(i < kLdx ? 127 : i < 2 * kLdx ? -128 : numbers.below(256) - 128);
  }
  std::vector<int32_t> out(kHeadTokens * kLdo);
  Hash hash;
  for (const int m : {1, 2, 3, 4, 5, 8, 9}) {
    k.head_high({.high = high.data(),
                 .k_steps = kHighSteps,
                 .xh = xh.data(),
                 .xl = xl.data(),
                 .ldx = kLdx,
                 .m = m,
                 .out = out.data(),
                 .ldo = kLdo},
                0, kGroups);
    hash.add(out.data(), sizeof(int32_t) * m * kLdo);
  }
  for (int t = 0; t < kHeadTokens; ++t) {
    // The bytes of the nibbles serve as the middle bits as well.
    const int32_t bits = k.head_middle(low.data(), kChunks * 128 / 512, &xh[t * kLdx]);
    hash.add(&bits, sizeof bits);
    const int32_t sum = k.head_low(low.data(), kChunks, &xh[t * kLdx], &xl[t * kLdx]);
    hash.add(&sum, sizeof sum);
  }
  return hash.value;
}

// A block of keys and values in the given format.
std::vector<uint8_t> kv_block(KvFormat format, int dim, Numbers& numbers) {
  std::vector<uint8_t> block(kv_block_bytes(format, dim));
  const size_t size = kv_block_size(dim);
  if (format == KvFormat::kInt8) {
    for (size_t i = 0; i < size; ++i) block[i] = static_cast<uint8_t>(numbers.below(255) - 127);
    for (size_t i = 0; i < 2 * kKvBlock; ++i) {
      const float scale = static_cast<float>(1 + numbers.below(99)) / 4096;
      std::memcpy(&block[size + 4 * i], &scale, 4);
    }
    return block;
  }
  for (size_t i = 0; i < size; ++i) {
    const uint16_t half = f32_to_f16(numbers.real());
    std::memcpy(&block[2 * i], &half, 2);
  }
  return block;
}

uint64_t attention_answer(const KernelSet& k, Numbers numbers, KvFormat format) {
  constexpr int kBlocks = 3;
  Hash hash;
  for (const int dim : {20, 64}) {
    constexpr int kGroup = 3;
    constexpr int kMost = 30;
    const size_t width = static_cast<size_t>(padded_dim(dim)) + 2;
    std::vector<uint8_t> cache[kBlocks];
    const uint8_t* blocks[kBlocks];
    for (int b = 0; b < kBlocks; ++b) {
      cache[b] = kv_block(format, dim, numbers);
      blocks[b] = cache[b].data();
    }
    std::vector<float> q(static_cast<size_t>(kMost) * kGroup * dim);
    for (float& v : q) v = numbers.real();
    std::vector<float> partial(kMost * kGroup * width);
    std::vector<float> scratch(attention_scratch(dim) + 16);
    for (const int tokens : {1, 2, kMost}) {
      k.attend({.q = q.data(),
                .ldq = static_cast<size_t>(kGroup) * dim,
                .group = kGroup,
                .head_dim = dim,
                .tokens = tokens,
                .first = 70 - tokens,
                .begin = 0,
                .blocks = blocks,
                .block_count = kBlocks,
                .partial = partial.data(),
                .scratch = scratch.data(),
                .format = format});
      hash.add(partial.data(), sizeof(float) * tokens * kGroup * width);
    }
  }
  return hash.value;
}

uint64_t quantise_answer(const KernelSet& k, const std::vector<float>& x, float largest) {
  std::vector<int8_t> q(3 * (kOdd + 16));
  Hash hash;
  for (const float scale :
       {127.0f / largest, 8.0f, 1e30f}) {  // with the scale 8 many products are exact halves
    for (const size_t stride : {4, 12}) {
      const int32_t sum = k.quantise(x.data(), kOdd, (kOdd + 15) & ~3, scale, q.data(), stride);
      hash.add(q.data(), q.size());
      hash.add(&sum, sizeof sum);
    }
  }
  return hash.value;
}

// The functions on rows of floats.
void add_row_answers(const KernelSet& k, Numbers numbers, Answers& answers) {
  std::vector<float> a(kOdd), y(kOdd), z(kOdd);
  std::vector<uint16_t> h(static_cast<size_t>(3) * kOdd);
  for (float& v : a) v = numbers.real();
  for (float& v : y) v = numbers.real();
  for (uint16_t& v : h) v = f32_to_f16(numbers.real());
  float rows[3];
  k.f16_dot_rows(h.data(), kOdd, 0, 3, a.data(), rows);
  Hash f16;
  f16.add(rows, sizeof rows);
  for (float& v : z) v = numbers.real() * 0.3f;
  k.to_f16(z.data(), h.data(), kOdd);
  f16.add(h.data(), sizeof(uint16_t) * kOdd);
  answers.f16 = f16.value;

  const float measures[2] = {k.sum_squares(a.data(), kOdd), k.absmax(a.data(), kOdd)};
  Hash vector;
  vector.add(measures, sizeof measures);
  k.scale_norm(a.data(), 0.3f, y.data(), z.data(), kOdd);
  vector.add(z.data(), sizeof(float) * kOdd);
  k.relu_squared(a.data(), y.data(), z.data(), kOdd);
  vector.add(z.data(), sizeof(float) * kOdd);
  std::vector<int32_t> sums(kOdd);
  for (int32_t& v : sums) v = numbers.below(2000001) - 1000000;
  for (const bool add : {false, true}) {
    k.rescale(sums.data(), 0.3f, y.data(), add, z.data(), kOdd);
    vector.add(z.data(), sizeof(float) * kOdd);
  }
  k.rotate(z.data(), a.data(), y.data(), 0.7f, kOdd / 2);
  vector.add(z.data(), sizeof(float) * kOdd);
  answers.vector = vector.value;

  k.silu(a.data(), y.data(), z.data(), kOdd);
  Hash silu;
  silu.add(z.data(), sizeof(float) * kOdd);
  answers.silu = silu.value;

  answers.quantise = quantise_answer(k, a, measures[1]);
}

Answers compute(const KernelSet& k) {
  Answers answers;
  const Numbers numbers{2026};
  answers.t2 = product_answer(k, TernaryLayout::kT2, numbers);
  answers.t16 = product_answer(k, TernaryLayout::kT16, numbers);
  Hash grouped;
  for (const TernaryLayout layout : {TernaryLayout::kT2, TernaryLayout::kT16, TernaryLayout::kB1}) {
    const uint64_t answer = grouped_answer(k, layout, numbers);
    grouped.add(&answer, sizeof answer);
  }
  answers.grouped = grouped.value;
  answers.head = head_answer(k, numbers);
  answers.attention = attention_answer(k, numbers, KvFormat::kF16);
  answers.attention_int8 = attention_answer(k, numbers, KvFormat::kInt8);
  add_row_answers(k, numbers, answers);
  return answers;
}

// Computed by the scalar reference, which native/test/kernels_test.cc compares with independent
// arithmetic.
constexpr Answers kExpected = {.t2 = 0xad35a0142dc776fc,
                               .t16 = 0xc744a2936c1435e7,
                               .head = 0xa49d534f3ae7987a,
                               .f16 = 0x00a23ad614bee8aa,
                               .attention = 0xaa00812fe9c95db8,
                               .vector = 0xd1c9b5ded35130e0,
                               .quantise = 0x7ed4879dfdc58784,
                               .grouped = 0x8c0e29c3d538d45a,
                               .silu = 0x86a2fa7cd359f855,
                               .attention_int8 = 0x60078aa9aca3df3c};

}  // namespace

KnownAnswer known_answer_test(const KernelSet& kernels) {
  const Answers got = compute(kernels);
  std::string wrong;
  const auto check = [&](const char* name, uint64_t have, uint64_t want) {
    if (have == want) return;
    char digits[17];
    for (int i = 0; i < 16; ++i) digits[i] = "0123456789abcdef"[(have >> (60 - 4 * i)) & 15];
    digits[16] = 0;
    wrong += (wrong.empty() ? "" : "; ") + std::string(name) + " gives 0x" + digits;
  };
  check("t2_product", got.t2, kExpected.t2);
  check("t16_product", got.t16, kExpected.t16);
  check("the head's products", got.head, kExpected.head);
  check("f16 dot and conversion", got.f16, kExpected.f16);
  check("attend", got.attention, kExpected.attention);
  check("attend in 8 bits", got.attention_int8, kExpected.attention_int8);
  check("the vector operations", got.vector, kExpected.vector);
  check("quantise", got.quantise, kExpected.quantise);
  check("products with scales per group", got.grouped, kExpected.grouped);
  check("silu", got.silu, kExpected.silu);
  return {&kernels, wrong.empty(), wrong};
}

}  // namespace sterna
