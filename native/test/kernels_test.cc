// Every kernel set against the scalar one, bit for bit, and the scalar one against arithmetic
// written another way.
#include "kernels/kernels.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <random>
#include <vector>

#include "check.h"
#include "kernels/f16.h"
#include "kernels/fused.h"
#include "sets_under_test.h"

namespace sterna {
namespace {

TEST(head_planes_are_exact_up_to_their_limit) {
  std::mt19937 rng(3);
  for (const int cols : {1, 8, 9, 127, 128, 129, 256, 2560, 4096}) {
    const int limit = int8_head_limit(cols);
    CHECK(limit >= 1 && int64_t{limit} * 15 * cols <= 0x7fffffff);
    for (const bool extreme : {false, true}) {
      constexpr int kGroups = 3;
      constexpr int kMost = 9;
      const int steps = (cols + 7) / 8;
      const int chunks = (cols + 127) / 128;
      const int middle_chunks = (cols + 511) / 512;
      const size_t ld = static_cast<size_t>(middle_chunks) * 512;
      std::vector<uint8_t> codes(static_cast<size_t>(kGroups) * 16 * cols);
      for (auto& c : codes) c = static_cast<uint8_t>(extreme ? 15 : rng() % 16);
      std::vector<int> x(static_cast<size_t>(kMost) * cols);
      std::vector<int8_t> xh(kMost * ld), xl(kMost * ld);
      for (int t = 0; t < kMost; ++t) {
        for (int c = 0; c < cols; ++c) {
          const int v = extreme ? (t % 2 ? -limit : limit)
                                : static_cast<int>(rng() % (2u * limit + 1)) - limit;
          x[static_cast<size_t>(t) * cols + c] = v;
          const int h = (v + 128) >> 8;
          xh[t * ld + c] = static_cast<int8_t>(h);
          xl[t * ld + c] = static_cast<int8_t>(v - 256 * h);
        }
      }
      std::vector<uint8_t> high(static_cast<size_t>(kGroups) * steps * 64);
      std::vector<uint8_t> low(static_cast<size_t>(kGroups) * 16 * chunks * 64);
      std::vector<uint8_t> middle(static_cast<size_t>(kGroups) * 16 * middle_chunks * 64);
      for (int r = 0; r < kGroups * 16; ++r) {
        for (int c = 0; c < cols; ++c) {
          const int code = codes[static_cast<size_t>(r) * cols + c];
          high[(static_cast<size_t>(r / 16) * steps + c / 8) * 64 + r % 16 * 4 + c % 4] |=
              static_cast<uint8_t>(c % 8 < 4 ? code : code << 4);
          low[(static_cast<size_t>(r) * chunks + c / 128) * 64 + c % 64] |=
              static_cast<uint8_t>(c % 128 < 64 ? code : code << 4);
          middle[(static_cast<size_t>(r) * middle_chunks + c / 512) * 64 + c % 64] |=
              static_cast<uint8_t>((code >> 3) << (c / 64 % 8));
        }
      }
      const auto want = [&](int t, int r) {
        int64_t sum = 0;
        for (int c = 0; c < cols; ++c) {
          sum += int64_t{codes[static_cast<size_t>(r) * cols + c]} *
                 x[static_cast<size_t>(t) * cols + c];
        }
        return sum;
      };
      std::vector<int64_t> all;
      for (int t = 0; t < kMost; ++t) {
        for (int r = 0; r < kGroups * 16; ++r) all.push_back(want(t, r));
      }
      for (const KernelSet* set : sets_under_test()) {
        for (const int m : {1, 2, 3, 4, 5, 8, 9}) {
          std::vector<int32_t> out(static_cast<size_t>(m) * kGroups * 16, -1);
          set->head_high({.high = high.data(),
                          .k_steps = steps,
                          .xh = xh.data(),
                          .xl = xl.data(),
                          .ldx = ld,
                          .m = m,
                          .out = out.data(),
                          .ldo = static_cast<size_t>(kGroups) * 16},
                         0, kGroups);
          bool equal = true;
          for (size_t i = 0; i < out.size(); ++i) equal &= out[i] == all[i];
          CHECK(equal);
        }
        for (int r = 0; r < kGroups * 16; ++r) {
          CHECK_EQ(int64_t{set->head_low(&low[static_cast<size_t>(r) * chunks * 64], chunks,
                                         xh.data(), xl.data())},
                   all[static_cast<size_t>(r)]);
          int64_t sum = 0;
          for (int c = 0; c < cols; ++c) {
            if (codes[static_cast<size_t>(r) * cols + c] & 8) sum += xh[ld + c];
          }
          CHECK_EQ(int64_t{set->head_middle(&middle[static_cast<size_t>(r) * middle_chunks * 64],
                                            middle_chunks, &xh[ld])},
                   sum);
        }
      }
    }
  }
}

// Attention in double, written from its definition.
TEST(attention_agrees_bit_for_bit_and_is_right) {
  std::mt19937 rng(6);
  std::normal_distribution<float> normal(0, 1);
  for (const int dim : {16, 20, 100, 128}) {
    for (const int tokens : {1, 2, 5, 40}) {
      for (const int last : {1, 31, 32, 33, 100, 512}) {  // positions that the last token sees
        const int first = last - tokens;
        if (first < 0) continue;
        constexpr int kGroup = 4;
        const int blocks = (last + kKvBlock - 1) / kKvBlock;
        const size_t size = kv_block_size(dim);
        const size_t width = static_cast<size_t>(padded_dim(dim)) + 2;
        // What lies behind the last position must not matter.
        std::vector<uint16_t> cache(static_cast<size_t>(blocks) * size, 0x7e00);
        std::vector<const uint16_t*> pointers;
        for (int b = 0; b < blocks; ++b) pointers.push_back(&cache[static_cast<size_t>(b) * size]);
        const auto key = [&](int p, int d) -> uint16_t& {
          return cache[p / kKvBlock * size + static_cast<size_t>(d) * kKvBlock + p % kKvBlock];
        };
        const auto value = [&](int p, int d) -> uint16_t& {
          return cache[p / kKvBlock * size + static_cast<size_t>(kKvBlock) * dim +
                       static_cast<size_t>(p % kKvBlock) * padded_dim(dim) + d];
        };
        for (int p = 0; p < last; ++p) {
          for (int d = 0; d < dim; ++d) key(p, d) = f32_to_f16(normal(rng));
          for (int d = 0; d < padded_dim(dim); ++d) {
            value(p, d) = d < dim ? f32_to_f16(normal(rng)) : 0;
          }
        }
        const size_t ldq = static_cast<size_t>(kGroup) * dim + 8;
        std::vector<float> q(static_cast<size_t>(tokens) * ldq);
        for (float& v : q) v = normal(rng) * 0.3f;
        const auto attend = [&](const KernelSet& k) {
          std::vector<float> partial(static_cast<size_t>(tokens) * kGroup * width, -1);
          Scratch scratch(attention_scratch(dim) * sizeof(float));
          k.attend({q.data(), ldq, kGroup, dim, tokens, first, 0, pointers.data(), blocks,
                    partial.data(), reinterpret_cast<float*>(scratch.get())});
          return partial;
        };
        const std::vector<float> want = attend(scalar_kernels());
        double worst = 0;
        for (int i = 0; i < tokens; i += 7) {
          for (int g = 0; g < kGroup; ++g) {
            std::vector<double> weights;
            double largest = -1e300, sum = 0;
            for (int p = 0; p <= first + i; ++p) {
              double score = 0;
              for (int d = 0; d < dim; ++d) {
                score +=
                    double{q[i * ldq + static_cast<size_t>(g) * dim + d]} * f16_to_f32(key(p, d));
              }
              weights.push_back(score);
              largest = std::max(largest, score);
            }
            for (double& w : weights) sum += w = std::exp(w - largest);
            const float* got = &want[static_cast<size_t>(i * kGroup + g) * width];
            for (int d = 0; d < dim; ++d) {
              double out = 0;
              for (size_t p = 0; p < weights.size(); ++p) {
                out += weights[p] / sum * f16_to_f32(value(static_cast<int>(p), d));
              }
              worst = std::max(worst, std::fabs(got[d] / got[width - 1] - out));
            }
          }
        }
        // A score is a sum of dim floats of size 0.3: off by some 1e-6, which weighs the values.
        CHECK(worst < 1e-5);
        for (const KernelSet* k : sets_under_test()) {
          const std::vector<float> got = attend(*k);
          const bool equal = std::memcmp(got.data(), want.data(), got.size() * sizeof(float)) == 0;
          if (!equal) std::printf("  %s: dim %d, %d of %d\n", k->name, dim, tokens, last);
          CHECK(equal);
        }
      }
    }
  }
}

TEST(fused_multiply_add_rounds_once_without_the_instruction) {
  std::mt19937 rng(7);
  const auto random = [&] {
    // Few bits and near exponents: many results half way between two floats.
    const int exponent = static_cast<int>(rng() % 60) - 30;
    return std::ldexp(static_cast<float>(static_cast<int>(rng() % 8193) - 4096), exponent);
  };
  uint64_t hash = 0;
  for (int i = 0; i < 2000000; ++i) {
    const float a = random();
    const float b = i % 3 ? random() : std::bit_cast<float>(static_cast<uint32_t>(rng()));
    const float c = i % 5 ? random() : std::bit_cast<float>(static_cast<uint32_t>(rng()));
    const float got = fused_multiply_add(a, b, c);
    hash = hash * 31 + (std::isnan(got) ? 0 : std::bit_cast<uint32_t>(got));
#ifndef _WIN32  // whose C library may round twice: 510 of these results differ then
    const float want = std::fmaf(a, b, c);
    CHECK(std::isnan(want) ? std::isnan(got)
                           : std::bit_cast<uint32_t>(got) == std::bit_cast<uint32_t>(want));
#endif
  }
  // Of the results of glibc.
  CHECK_EQ(hash, 0xe3487be7f4bc6e32u);
}

TEST(weights_of_attention_are_the_exponential) {
  for (float x = 0; x > -86; x -= 0.0173f) {
    CHECK(std::fabs(exp_weight(x) / std::exp(double{x}) - 1) < 3e-7);
  }
  CHECK_EQ(exp_weight(0), 1.0f);
  CHECK(exp_weight(-INFINITY) < 1e-36f);
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
    float want[3];
    s.f16_dot_rows(h.data(), n, 0, 3, a.data(), want);
    CHECK(std::fabs(want[0] - dot) <= 1e-6 * magnitude + 1e-30);
    CHECK(std::fabs(s.sum_squares(a.data(), n) - squares) <= 1e-6 * squares);
    std::vector<int32_t> sums(a.size());
    for (auto& v : sums) v = static_cast<int32_t>(rng());
    for (const KernelSet* k : sets_under_test()) {
      CHECK_EQ(bits(k->sum_squares(a.data(), n)), bits(s.sum_squares(a.data(), n)));
      CHECK_EQ(bits(k->absmax(a.data(), n)), bits(s.absmax(a.data(), n)));
      float rows[3];
      k->f16_dot_rows(h.data(), n, 0, 3, a.data(), rows);
      CHECK(std::memcmp(rows, want, sizeof rows) == 0);
      std::vector<float> got(a.size()), expected(a.size());
      const auto same = [&] {
        return std::memcmp(got.data(), expected.data(), sizeof(float) * n) == 0;
      };
      k->scale_norm(a.data(), 0.7f, y.data(), got.data(), n);
      s.scale_norm(a.data(), 0.7f, y.data(), expected.data(), n);
      CHECK(same());
      got = expected = a;
      k->scale_norm(got.data(), 0.7f, y.data(), got.data(), n);  // in place
      s.scale_norm(expected.data(), 0.7f, y.data(), expected.data(), n);
      CHECK(same());
      k->silu(a.data(), y.data(), got.data(), n);
      s.silu(a.data(), y.data(), expected.data(), n);
      CHECK(same());
      for (int i = 0; i < n; ++i) {
        const double g = a[static_cast<size_t>(i)];
        const double want_silu = g / (1 + std::exp(-g)) * y[static_cast<size_t>(i)];
        CHECK_NEAR(got[static_cast<size_t>(i)], want_silu, 1e-6 * (1 + std::fabs(want_silu)));
      }
      k->relu_squared(a.data(), y.data(), got.data(), n);
      s.relu_squared(a.data(), y.data(), expected.data(), n);
      CHECK(same());
      for (const bool add : {true, false}) {
        got = expected = a;
        k->rescale(sums.data(), 1e-7f, y.data(), add, got.data(), n);
        s.rescale(sums.data(), 1e-7f, y.data(), add, expected.data(), n);
        CHECK(same());
      }
      got = expected = a;
      k->rotate(got.data(), y.data(), a.data(), 0.3f, n / 2);
      s.rotate(expected.data(), y.data(), a.data(), 0.3f, n / 2);
      CHECK(same());
      std::vector<uint16_t> half(a.size()), half_want(a.size());
      k->to_f16(a.data(), half.data(), n);
      s.to_f16(a.data(), half_want.data(), n);
      CHECK(half == half_want);
    }
  }
}

TEST(quantisation_rounds_half_to_even_and_clamps) {
  const float in[] = {0.5f,  1.5f,    2.5f,    -0.5f,  -1.5f, -2.5f, 126.5f, 127.4f, 300.0f,
                      1e30f, -127.5f, -128.5f, -1e30f, 0.0f,  -0.0f, 1e-20f, 0.49f};
  const int want[] = {0, 2, 2, 0, -2, -2, 126, 127, 127, 127, -128, -128, -128, 0, 0, 0, 0};
  constexpr int n = 17;
  for (const KernelSet* k : sets_under_test()) {
    int8_t q[n + 3];
    int32_t expected_sum = 0;
    const int32_t sum = k->quantize(in, n, n + 3, 1.0f, q, 4);
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
    for (auto& v : in) {
      v = std::bit_cast<float>(static_cast<uint32_t>(rng()));  // NaN and infinity, too
    }
    constexpr float kScales[] = {1.0f, 127.0f / 3.0f, INFINITY, NAN};
    const float scale = kScales[round % 4];
    const int n = static_cast<int>(in.size());
    const int padded = (n + 3) / 4 * 4 + static_cast<int>(rng() % 4) * 4;
    const size_t stride = 4 + rng() % 3 * 4;
    std::vector<int8_t> want(static_cast<size_t>(padded) / 4 * stride), got(want.size());
    const int32_t want_sum =
        scalar_kernels().quantize(in.data(), n, padded, scale, want.data(), stride);
    const float want_max = scalar_kernels().absmax(in.data(), n);
    for (const KernelSet* k : sets_under_test()) {
      CHECK_EQ(k->quantize(in.data(), n, padded, scale, got.data(), stride), want_sum);
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
  broken.quantize = [](const float* x, int n, int padded, float s, int8_t* q, size_t stride) {
    const int32_t sum = scalar_kernels().quantize(x, n, padded, s, q, stride);
    q[0] = static_cast<int8_t>(q[0] ^ 1);
    return sum;
  };
  CHECK(!known_answer_test(broken).ok);
}

}  // namespace
}  // namespace sterna
