// Compares the ternary products of every kernel set with plain arithmetic: exact for all shapes.
#include <cstring>
#include <random>
#include <vector>

#include "check.h"
#include "kernels/kernels.h"
#include "sets_under_test.h"

namespace sterna {
namespace {

struct Product {
  TernaryLayout layout;
  int rows, cols, tokens;
  std::vector<int8_t> weights;  // [rows x cols] -1, 0, 1
  std::vector<uint8_t> tiles;
  int k_steps, row_tiles;
  std::vector<int8_t> x;  // [tokens][kp]
  std::vector<int32_t> sums;

  int kp() const { return k_steps * tile_cols(layout); }
  int8_t x_at(int t, int c) const { return x[static_cast<size_t>(t) * kp() + c]; }
};

// Codes packed in the layouts that packFormat.ts describes, written from that text alone.
Product make_product(TernaryLayout layout, int rows, int cols, int tokens, auto&& weight,
                     auto&& activation) {
  const int width = layout == TernaryLayout::kT2 ? 16 : 20;
  Product p{layout,           rows, cols, tokens, {}, {}, (cols + width - 1) / width,
            (rows + 31) / 32, {},   {}};
  p.weights.resize(static_cast<size_t>(rows) * cols);
  for (auto& w : p.weights) w = static_cast<int8_t>(weight());
  p.tiles.resize(static_cast<size_t>(p.row_tiles) * p.k_steps * 128);
  for (size_t at = 0; at < p.tiles.size(); ++at) {
    const int row = static_cast<int>(at / 128 / p.k_steps * 32 + at % 128 / 4);
    const int column = static_cast<int>(at / 128 % p.k_steps) * width + static_cast<int>(at % 4);
    const auto code = [&](int plane) {
      const int c = column + 4 * plane;
      return row < rows && c < cols ? p.weights[static_cast<size_t>(row) * cols + c] + 1 : 1;
    };
    if (layout == TernaryLayout::kT2) {
      p.tiles[at] = static_cast<uint8_t>(code(0) | code(1) << 2 | code(2) << 4 | code(3) << 6);
    } else {
      const int c = code(0) + 3 * code(1) + 9 * code(2) + 27 * code(3);
      p.tiles[at] = static_cast<uint8_t>(c < 64 ? c | code(4) << 6 : 192 | (code(4) * 17 + c - 64));
    }
  }
  p.x.assign(static_cast<size_t>(p.kp()) * tokens, 0);
  p.sums.assign(static_cast<size_t>(tokens), 0);
  for (int t = 0; t < tokens; ++t) {
    for (int c = 0; c < cols; ++c) {
      p.x[static_cast<size_t>(t) * p.kp() + c] = static_cast<int8_t>(activation());
      p.sums[static_cast<size_t>(t)] += p.x_at(t, c);
    }
  }
  return p;
}

void run(const KernelSet& k, const Product& p, int tile_begin, int tile_end, int32_t* out) {
  const Packing packing = {max_block(k, p.tokens), p.tokens, p.kp()};
  std::vector<int8_t> packed(packing.bytes(), 77);
  for (int t = 0; t < p.tokens; ++t) {
    for (int c = 0; c < p.kp(); ++c) packed[packing.at(t, c & ~3) + (c & 3)] = p.x_at(t, c);
  }
  Scratch scratch(scratch_bytes(p.kp()));
  const TernaryProduct product = {.tiles = p.tiles.data(),
                                  .k_steps = p.k_steps,
                                  .max_block = max_block(k, p.tokens),
                                  .x = packed.data(),
                                  .x_sums = p.sums.data(),
                                  .m = p.tokens,
                                  .out = out,
                                  .ldo = static_cast<size_t>(p.row_tiles) * 32,
                                  .scratch = scratch.get()};
  (p.layout == TernaryLayout::kT2 ? k.t2_product : k.t16_product)(product, tile_begin, tile_end);
}

std::vector<int32_t> run(const KernelSet& k, const Product& p) {
  std::vector<int32_t> out(static_cast<size_t>(p.row_tiles) * 32 * p.tokens, -1);
  run(k, p, 0, p.row_tiles, out.data());
  return out;
}

void check_product(const Product& p) {
  std::vector<int32_t> want(static_cast<size_t>(p.tokens) * p.rows);
  for (int t = 0; t < p.tokens; ++t) {
    for (int r = 0; r < p.rows; ++r) {
      int32_t sum = 0;
      for (int c = 0; c < p.cols; ++c) {
        sum += p.weights[static_cast<size_t>(r) * p.cols + c] * p.x_at(t, c);
      }
      want[static_cast<size_t>(t) * p.rows + r] = sum;
    }
  }
  for (const KernelSet* k : sets_under_test()) {
    const std::vector<int32_t> out = run(*k, p);
    bool equal = true;
    for (int t = 0; t < p.tokens; ++t) {
      for (int r = 0; r < p.rows; ++r) {
        equal &= out[static_cast<size_t>(t) * p.row_tiles * 32 + r] ==
                 want[static_cast<size_t>(t) * p.rows + r];
      }
    }
    if (!equal) std::printf("  %s: %d x %d, %d tokens\n", k->name, p.rows, p.cols, p.tokens);
    CHECK(equal);
  }
}

constexpr TernaryLayout kLayouts[] = {TernaryLayout::kT2, TernaryLayout::kT16};

TEST(blocks_are_the_same_with_and_without_divisions) {
  for (int m = 1; m <= 300; ++m) {
    for (const int most : {1, 3, 4, 6, 8, 16}) {
      const int count = block_count(m, most);
      int b = 0;
      for (BlockCursor block(m, most); block.next(); ++b) {
        CHECK_EQ(block.begin, block_begin(b, m, count));
        CHECK_EQ(block.width, block_begin(b + 1, m, count) - block.begin);
      }
      CHECK_EQ(b, count);
    }
  }
}

TEST(ternary_product_is_exact_for_all_shapes_and_batch_sizes) {
  std::mt19937 rng(1);
  const auto weight = [&] { return static_cast<int>(rng() % 3) - 1; };
  const auto activation = [&] { return static_cast<int>(rng() % 256) - 128; };
  for (const TernaryLayout layout : kLayouts) {
    for (const int rows : {1, 32, 33}) {
      for (const int cols : {1, 15, 16, 17, 20, 21, 127, 272}) {
        for (const int tokens : {1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 17, 29}) {
          check_product(make_product(layout, rows, cols, tokens, weight, activation));
        }
      }
    }
    // Every number of tokens up to those where the last set starts to unpack or to use tiles.
    for (int tokens = 1; tokens <= 33; ++tokens) {
      for (const int cols : {51, 333, 661}) {
        check_product(make_product(layout, 97, cols, tokens, weight, activation));
      }
    }
    // More columns than are unpacked at a time, and as many tokens as one pass has.
    check_product(make_product(layout, 40, 1500, 128, weight, activation));
    check_product(make_product(layout, 32, 2000, 13, weight, activation));
  }
}

TEST(ternary_product_is_exact_at_the_extremes) {
  // 6,912 columns are the widest row of BitNet 2B4T. With all weights and activations at one
  // extreme, any int16 sum overflows that is not widened in time.
  for (const TernaryLayout layout : kLayouts) {
    for (const int w : {-1, 0, 1}) {
      for (const int x : {-128, -127, 127}) {
        for (const int tokens : {1, 2, 3, 4, 8, 16}) {
          check_product(make_product(
              layout, 32, 6912, tokens, [&] { return w; }, [&] { return x; }));
        }
      }
    }
    // Alternating signs coincide with the pairs that multiply-add instructions add.
    int i = 0;
    check_product(make_product(
        layout, 64, 512, 4, [&] { return ++i % 2 ? 1 : -1; },
        [&] { return i++ % 2 ? -128 : 127; }));
  }
}

TEST(ternary_product_writes_only_the_asked_rows) {
  std::mt19937 rng(2);
  for (const TernaryLayout layout : kLayouts) {
    for (const int tokens : {1, 3, 20}) {
      const Product p = make_product(
          layout, 128, 64, tokens, [&] { return static_cast<int>(rng() % 3) - 1; },
          [&] { return static_cast<int>(rng() % 256) - 128; });
      for (const KernelSet* k : sets_under_test()) {
        const std::vector<int32_t> whole = run(*k, p);
        std::vector<int32_t> part(whole.size(), 12345);
        run(*k, p, 1, 3, part.data());
        for (size_t r = 0; r < part.size(); ++r) {
          const bool asked = r % 128 >= 32 && r % 128 < 96;
          CHECK_EQ(part[r], asked ? whole[r] : 12345);
        }
      }
    }
  }
}

}  // namespace
}  // namespace sterna
