// Every kernel set against the scalar one, bit for bit, and the scalar one against arithmetic
// written another way.
#include "kernels/kernels.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <random>
#include <vector>

#include "check.h"
#include "kernels/f16.h"

#ifdef STERNA_EMULATED_AVX512
namespace sterna {
const KernelSet* emulated_avx512vnni_kernels();
}
#endif

namespace sterna {
namespace {

// What can run here, and AVX-512 VNNI by emulation where the build has it.
std::vector<const KernelSet*> sets_under_test() {
  std::vector<const KernelSet*> sets = runnable_kernels();
#ifdef STERNA_EMULATED_AVX512
  sets.push_back(emulated_avx512vnni_kernels());
#endif
  return sets;
}

struct Product {
  int rows, cols, tokens;
  std::vector<int8_t> weights;  // [rows x cols] -1, 0, 1
  std::vector<uint8_t> tiles;
  int k_steps, row_tiles;
  std::vector<int8_t> x;  // [tokens][k_steps * 16]
  std::vector<int32_t> sums;
};

// Codes packed as packFormat.ts describes the layout, written from that text alone.
Product make_product(int rows, int cols, int tokens, auto&& weight, auto&& activation) {
  Product p{rows, cols, tokens, {}, {}, (cols + 15) / 16, (rows + 31) / 32, {}, {}};
  p.weights.resize(static_cast<size_t>(rows) * cols);
  for (auto& w : p.weights) w = static_cast<int8_t>(weight());
  p.tiles.assign(static_cast<size_t>(p.row_tiles) * p.k_steps * 128, 0x55);  // code 1 everywhere
  for (int r = 0; r < rows; ++r) {
    for (int c = 0; c < cols; ++c) {
      const size_t tile = static_cast<size_t>(r / 32) * p.k_steps + c / 16;
      uint8_t& byte = p.tiles[tile * 128 + static_cast<size_t>(r % 32) * 4 + c % 4];
      const int shift = 2 * (c % 16 / 4);
      const int code = p.weights[static_cast<size_t>(r) * cols + c] + 1;
      byte = static_cast<uint8_t>((byte & ~(3 << shift)) | code << shift);
    }
  }
  const size_t ld = static_cast<size_t>(p.k_steps) * 16;
  p.x.assign(ld * tokens, 0);
  p.sums.assign(static_cast<size_t>(tokens), 0);
  for (int t = 0; t < tokens; ++t) {
    for (int c = 0; c < cols; ++c) {
      p.x[t * ld + c] = static_cast<int8_t>(activation());
      p.sums[t] += p.x[t * ld + c];
    }
  }
  return p;
}

std::vector<int32_t> run(const KernelSet& k, const Product& p) {
  const size_t ldo = static_cast<size_t>(p.row_tiles) * 32;
  std::vector<int32_t> out(ldo * p.tokens, -1);
  k.ternary_matmul(p.tiles.data(), p.k_steps, 0, p.row_tiles, p.x.data(),
                   static_cast<size_t>(p.k_steps) * 16, p.sums.data(), p.tokens, out.data(), ldo);
  return out;
}

void check_product(const Product& p) {
  for (const KernelSet* k : sets_under_test()) {
    const std::vector<int32_t> out = run(*k, p);
    bool equal = true;
    for (int t = 0; t < p.tokens; ++t) {
      for (int r = 0; r < p.rows; ++r) {
        int64_t want = 0;
        for (int c = 0; c < p.cols; ++c) {
          want += int64_t{p.weights[static_cast<size_t>(r) * p.cols + c]} *
                  p.x[static_cast<size_t>(t) * p.k_steps * 16 + c];
        }
        equal &= out[static_cast<size_t>(t) * p.row_tiles * 32 + r] == want;
      }
    }
    if (!equal) std::printf("  %s: %d x %d, %d tokens\n", k->name, p.rows, p.cols, p.tokens);
    CHECK(equal);
  }
}

TEST(ternary_product_is_exact_for_all_shapes_and_batch_sizes) {
  std::mt19937 rng(1);
  const auto weight = [&] { return static_cast<int>(rng() % 3) - 1; };
  const auto activation = [&] { return static_cast<int>(rng() % 256) - 128; };
  for (const int rows : {1, 31, 32, 33, 96}) {
    for (const int cols : {1, 15, 16, 17, 127, 128, 129, 272}) {
      for (const int tokens : {1, 2, 3, 4, 5, 7, 8, 9, 12, 17}) {
        check_product(make_product(rows, cols, tokens, weight, activation));
      }
    }
  }
}

TEST(ternary_product_is_exact_at_the_extremes) {
  // 6,912 columns: the widest row of BitNet 2B4T. All weights and activations at one end overflow
  // any int16 sum that is not widened in time.
  for (const int w : {-1, 0, 1}) {
    for (const int x : {-128, -127, 0, 127}) {
      for (const int tokens : {1, 2, 3, 4, 8}) {
        check_product(make_product(
            32, 6912, tokens, [&] { return w; }, [&] { return x; }));
      }
    }
  }
  // Alternating signs line up with the pairs that multiply-add instructions join.
  int i = 0;
  check_product(make_product(
      64, 512, 4, [&] { return ++i % 2 ? 1 : -1; }, [&] { return i++ % 2 ? -128 : 127; }));
}

TEST(ternary_product_writes_only_the_asked_rows) {
  std::mt19937 rng(2);
  const Product p = make_product(
      128, 64, 3, [&] { return static_cast<int>(rng() % 3) - 1; },
      [&] { return static_cast<int>(rng() % 256) - 128; });
  for (const KernelSet* k : sets_under_test()) {
    const std::vector<int32_t> whole = run(*k, p);
    std::vector<int32_t> part(whole.size(), 12345);
    k->ternary_matmul(p.tiles.data(), p.k_steps, 1, 3, p.x.data(), 64, p.sums.data(), 3,
                      part.data(), 128);
    for (size_t r = 0; r < part.size(); ++r) {
      const bool asked = r % 128 >= 32 && r % 128 < 96;
      CHECK_EQ(part[r], asked ? whole[r] : 12345);
    }
  }
}

TEST(int8_head_is_exact_up_to_its_limit) {
  std::mt19937 rng(3);
  for (const int k : {1, 7, 16, 31, 32, 33, 256, 2560, 4096}) {
    const int limit = int8_head_limit(k);
    CHECK(limit >= 1 && int64_t{limit} * 127 * k <= 0x7fffffff);
    for (const bool extreme : {false, true}) {
      std::vector<int8_t> w(static_cast<size_t>(5) * k);
      std::vector<int16_t> x(static_cast<size_t>(k));
      for (size_t i = 0; i < w.size(); ++i) {
        w[i] = static_cast<int8_t>(extreme ? (i < w.size() / 2 ? 127 : -127)
                                           : static_cast<int>(rng() % 255) - 127);
      }
      for (auto& v : x) {
        v = static_cast<int16_t>(extreme ? limit
                                         : static_cast<int>(rng() % (2u * limit + 1)) - limit);
      }
      for (const KernelSet* set : sets_under_test()) {
        std::vector<int32_t> out(5, -1);
        set->int8_dot_rows(w.data(), k, 0, 5, x.data(), out.data());
        for (int r = 0; r < 5; ++r) {
          int64_t want = 0;
          for (int i = 0; i < k; ++i) want += int64_t{w[static_cast<size_t>(r) * k + i]} * x[i];
          CHECK_EQ(int64_t{out[r]}, want);
        }
      }
    }
  }
}

uint32_t bits(float value) { return std::bit_cast<uint32_t>(value); }

TEST(float_operations_agree_bit_for_bit_and_are_right) {
  std::mt19937 rng(4);
  std::normal_distribution<float> normal(0, 3);
  for (const int n : {1, 7, 8, 15, 16, 17, 31, 64, 100, 128, 2560}) {
    std::vector<float> a(static_cast<size_t>(n)), y(a.size());
    std::vector<uint16_t> h(a.size() * 3);
    for (auto& v : a) v = normal(rng);
    for (auto& v : y) v = normal(rng);
    for (auto& v : h) v = f32_to_f16(normal(rng));
    double dot = 0, squares = 0, magnitude = 0;
    for (int i = 0; i < n; ++i) {
      dot += double{a[i]} * f16_to_f32(h[i]);
      squares += double{a[i]} * a[i];
      magnitude += std::fabs(double{a[i]} * f16_to_f32(h[i]));
    }
    const KernelSet& s = scalar_kernels();
    CHECK(std::fabs(s.dot_f16(a.data(), h.data(), n) - dot) <= 1e-6 * magnitude + 1e-30);
    CHECK(std::fabs(s.sum_squares(a.data(), n) - squares) <= 1e-6 * squares);
    for (const KernelSet* k : sets_under_test()) {
      CHECK_EQ(bits(k->dot_f16(a.data(), h.data(), n)), bits(s.dot_f16(a.data(), h.data(), n)));
      CHECK_EQ(bits(k->sum_squares(a.data(), n)), bits(s.sum_squares(a.data(), n)));
      CHECK_EQ(bits(k->absmax(a.data(), n)), bits(s.absmax(a.data(), n)));
      float rows[3], want[3];
      k->f16_dot_rows(h.data(), n, 0, 3, a.data(), rows);
      s.f16_dot_rows(h.data(), n, 0, 3, a.data(), want);
      CHECK(std::memcmp(rows, want, sizeof rows) == 0);
      std::vector<float> got = y, expected = y;
      k->axpy_f16(-1.7f, h.data(), got.data(), n);
      s.axpy_f16(-1.7f, h.data(), expected.data(), n);
      CHECK(std::memcmp(got.data(), expected.data(), sizeof(float) * n) == 0);
    }
  }
}

TEST(quantisation_rounds_half_to_even_and_clamps) {
  const float in[] = {0.5f,  1.5f,    2.5f,    -0.5f,  -1.5f, -2.5f, 126.5f, 127.4f, 300.0f,
                      1e30f, -127.5f, -128.5f, -1e30f, 0.0f,  -0.0f, 1e-20f, 0.49f};
  const int want[] = {0, 2, 2, 0, -2, -2, 126, 127, 127, 127, -128, -128, -128, 0, 0, 0, 0};
  constexpr int n = 17;
  for (const KernelSet* k : sets_under_test()) {
    int8_t q[n];
    int32_t expected_sum = 0;
    const int32_t sum = k->quantize(in, n, 1.0f, q);
    for (int i = 0; i < n; ++i) {
      CHECK_EQ(static_cast<int>(q[i]), want[i]);
      expected_sum += want[i];
    }
    CHECK_EQ(sum, expected_sum);
  }
}

TEST(quantisation_agrees_on_any_bits) {
  std::mt19937 rng(5);
  for (int round = 0; round < 200; ++round) {
    std::vector<float> in(static_cast<size_t>(1 + rng() % 70));
    for (auto& v : in)
      v = std::bit_cast<float>(static_cast<uint32_t>(rng()));  // NaN and infinity, too
    const float scale = round % 2 ? 1.0f : 127.0f / 3.0f;
    const int n = static_cast<int>(in.size());
    std::vector<int8_t> want(in.size()), got(in.size());
    const int32_t want_sum = scalar_kernels().quantize(in.data(), n, scale, want.data());
    const float want_max = scalar_kernels().absmax(in.data(), n);
    for (const KernelSet* k : sets_under_test()) {
      CHECK_EQ(k->quantize(in.data(), n, scale, got.data()), want_sum);
      CHECK(got == want);
      CHECK_EQ(bits(k->absmax(in.data(), n)), bits(want_max));
    }
  }
}

TEST(half_precision_round_trips_every_value) {
  for (uint32_t h = 0; h < 0x10000; ++h) {
    const float value = f16_to_f32(static_cast<uint16_t>(h));
    if (std::isnan(value)) continue;
    CHECK_EQ(f32_to_f16(value), h);
  }
  CHECK_EQ(f16_to_f32(0x3c00), 1.0f);
  CHECK_EQ(f16_to_f32(0x0001), std::ldexp(1.0f, -24));
  CHECK_EQ(f32_to_f16(65519.0f), 0x7bff);
  CHECK_EQ(f32_to_f16(65520.0f), 0x7c00);
  CHECK_EQ(f32_to_f16(1.0f + std::ldexp(1.0f, -11)), 0x3c00);      // a tie goes to even
  CHECK_EQ(f32_to_f16(1.0f + 3 * std::ldexp(1.0f, -11)), 0x3c02);  // and so does this one
}

TEST(every_set_gives_the_known_answers) {
  for (const KernelSet* k : sets_under_test()) {
    const KnownAnswer answer = known_answer_test(*k);
    if (!answer.ok) std::printf("  %s: %s\n", k->name, answer.detail.c_str());
    CHECK(answer.ok);
  }
}

TEST(a_wrong_kernel_fails_the_known_answer_test) {
  KernelSet broken = scalar_kernels();
  broken.quantize = [](const float* x, int n, float s, int8_t* q) {
    const int32_t sum = scalar_kernels().quantize(x, n, s, q);
    if (n > 100) q[100] = static_cast<int8_t>(q[100] ^ 1);
    return sum;
  };
  CHECK(!known_answer_test(broken).ok);
}

}  // namespace
}  // namespace sterna
