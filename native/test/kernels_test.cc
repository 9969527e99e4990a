// Compares every kernel set with the scalar one, bit for bit, and the scalar one with arithmetic
// written in another way.
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
#include "kernels/grouped.h"
#include "sets_under_test.h"

namespace sterna {
namespace {

// A head's codes as planes, and inputs for them.
struct HeadCase {
  static constexpr int kGroups = 3;
  static constexpr int kRows = kGroups * 16;
  static constexpr int kMost = 9;

  HeadCase(int columns, bool extreme, std::mt19937& rng)
      : cols(columns),
        steps((cols + 7) / 8),
        chunks((cols + 127) / 128),
        middle_chunks((cols + 511) / 512),
        ld(static_cast<size_t>(middle_chunks) * 512),
        codes(static_cast<size_t>(kRows) * cols),
        x(static_cast<size_t>(kMost) * cols),
        xh(kMost * ld),
        xl(kMost * ld),
        high(static_cast<size_t>(kGroups) * steps * 64),
        low(static_cast<size_t>(kRows) * chunks * 64),
        middle(static_cast<size_t>(kRows) * middle_chunks * 64) {
    const int limit = int8_head_limit(cols);
    for (auto& c : codes) c = static_cast<uint8_t>(extreme ? 15 : rng() % 16);
    for (int t = 0; t < kMost; ++t) {
      for (int c = 0; c < cols; ++c) {
        const int v =
            extreme ? (t % 2 ? -limit : limit) : static_cast<int>(rng() % (2u * limit + 1)) - limit;
        x[static_cast<size_t>(t) * cols + c] = v;
        const int h = (v + 128) >> 8;
        xh[t * ld + c] = static_cast<int8_t>(h);
        xl[t * ld + c] = static_cast<int8_t>(v - 256 * h);
      }
    }
    for (int r = 0; r < kRows; ++r) {
      for (int c = 0; c < cols; ++c) place(r, c);
    }
  }

  int code(int r, int c) const { return codes[static_cast<size_t>(r) * cols + c]; }

  void place(int r, int c) {
    high[(static_cast<size_t>(r / 16) * steps + c / 8) * 64 + r % 16 * 4 + c % 4] |=
        static_cast<uint8_t>(c % 8 < 4 ? code(r, c) : code(r, c) << 4);
    low[(static_cast<size_t>(r) * chunks + c / 128) * 64 + c % 64] |=
        static_cast<uint8_t>(c % 128 < 64 ? code(r, c) : code(r, c) << 4);
    middle[(static_cast<size_t>(r) * middle_chunks + c / 512) * 64 + c % 64] |=
        static_cast<uint8_t>((code(r, c) >> 3) << (c / 64 % 8));
  }

  // [token][row]
  std::vector<int64_t> products() const {
    std::vector<int64_t> all;
    for (int t = 0; t < kMost; ++t) {
      for (int r = 0; r < kRows; ++r) {
        int64_t sum = 0;
        for (int c = 0; c < cols; ++c) {
          sum += int64_t{code(r, c)} * x[static_cast<size_t>(t) * cols + c];
        }
        all.push_back(sum);
      }
    }
    return all;
  }

  int cols, steps, chunks, middle_chunks;
  size_t ld;
  std::vector<uint8_t> codes;
  std::vector<int> x;
  std::vector<int8_t> xh, xl;
  std::vector<uint8_t> high, low, middle;
};

void check_head(const KernelSet& set, const HeadCase& h, const std::vector<int64_t>& want) {
  for (const int m : {1, 2, 3, 4, 5, 8, 9}) {
    std::vector<int32_t> out(static_cast<size_t>(m) * HeadCase::kRows, -1);
    set.head_high({.high = h.high.data(),
                   .k_steps = h.steps,
                   .xh = h.xh.data(),
                   .xl = h.xl.data(),
                   .ldx = h.ld,
                   .m = m,
                   .out = out.data(),
                   .ldo = HeadCase::kRows},
                  0, HeadCase::kGroups);
    bool equal = true;
    for (size_t i = 0; i < out.size(); ++i) equal &= out[i] == want[i];
    CHECK(equal);
  }
  for (int r = 0; r < HeadCase::kRows; ++r) {
    CHECK_EQ(int64_t{set.head_low(&h.low[static_cast<size_t>(r) * h.chunks * 64], h.chunks,
                                  h.xh.data(), h.xl.data())},
             want[static_cast<size_t>(r)]);
    int64_t sum = 0;
    for (int c = 0; c < h.cols; ++c) {
      if (h.code(r, c) & 8) sum += h.xh[h.ld + c];
    }
    CHECK_EQ(int64_t{set.head_middle(&h.middle[static_cast<size_t>(r) * h.middle_chunks * 64],
                                     h.middle_chunks, &h.xh[h.ld])},
             sum);
  }
}

TEST(head_planes_are_exact_up_to_their_limit) {
  std::mt19937 rng(3);
  for (const int cols : {1, 8, 9, 127, 128, 129, 256, 2560, 4096}) {
    const int limit = int8_head_limit(cols);
    CHECK(limit >= 1 && int64_t{limit} * 15 * cols <= 0x7fffffff);
    for (const bool extreme : {false, true}) {
      const HeadCase head(cols, extreme, rng);
      const std::vector<int64_t> want = head.products();
      for (const KernelSet* set : sets_under_test()) check_head(*set, head, want);
    }
  }
}

TEST(fused_multiply_add_rounds_once_without_the_instruction) {
  std::mt19937 rng(7);
  const auto random = [&] {
    // Few bits and near exponents, so that many results are half way between two floats.
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
#ifndef _WIN32  // whose C library may round twice; 510 of these results differ there
    const float want = std::fmaf(a, b, c);
    CHECK(std::isnan(want) ? std::isnan(got)
                           : std::bit_cast<uint32_t>(got) == std::bit_cast<uint32_t>(want));
#endif
  }
  // The hash of glibc's results.
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

constexpr int kLengths[] = {1, 7, 8, 15, 16, 17, 31, 64, 100, 128, 2560};

std::vector<float> normal_numbers(std::mt19937& rng, int n) {
  std::normal_distribution<float> normal(0, 3);
  std::vector<float> out(static_cast<size_t>(n));
  for (float& v : out) v = normal(rng);
  return out;
}

TEST(float_sums_agree_bit_for_bit_and_are_right) {
  std::mt19937 rng(4);
  for (const int n : kLengths) {
    const std::vector<float> a = normal_numbers(rng, n);
    std::vector<uint16_t> h;
    for (const float v : normal_numbers(rng, 3 * n)) h.push_back(f32_to_f16(v));
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
    for (const KernelSet* k : sets_under_test()) {
      CHECK_EQ(bits(k->sum_squares(a.data(), n)), bits(s.sum_squares(a.data(), n)));
      CHECK_EQ(bits(k->absmax(a.data(), n)), bits(s.absmax(a.data(), n)));
      float rows[3];
      k->f16_dot_rows(h.data(), n, 0, 3, a.data(), rows);
      CHECK(std::memcmp(rows, want, sizeof rows) == 0);
    }
  }
}

// Runs a function of a set and of the scalar set on copies of `start`; returns the set's copy.
template <class Run>
std::vector<float> same_as_scalar(const KernelSet& k, const std::vector<float>& start,
                                  const Run& run) {
  std::vector<float> got = start, expected = start;
  run(k, got.data());
  run(scalar_kernels(), expected.data());
  CHECK(std::memcmp(got.data(), expected.data(), sizeof(float) * start.size()) == 0);
  return got;
}

TEST(float_elements_agree_bit_for_bit) {
  std::mt19937 rng(4);
  for (const int n : kLengths) {
    const std::vector<float> a = normal_numbers(rng, n), y = normal_numbers(rng, n);
    std::vector<int32_t> sums(a.size());
    for (auto& v : sums) v = static_cast<int32_t>(rng());
    for (const KernelSet* k : sets_under_test()) {
      same_as_scalar(*k, a, [&](const KernelSet& set, float* out) {
        set.scale_norm(a.data(), 0.7f, y.data(), out, n);
        set.scale_norm(out, 0.7f, y.data(), out, n);  // in place
      });
      same_as_scalar(*k, a, [&](const KernelSet& set, float* out) {
        set.relu_squared(a.data(), y.data(), out, n);
      });
      for (const bool add : {true, false}) {
        same_as_scalar(*k, a, [&](const KernelSet& set, float* out) {
          set.rescale(sums.data(), 1e-7f, y.data(), add, out, n);
        });
      }
      same_as_scalar(*k, a, [&](const KernelSet& set, float* out) {
        set.rotate(out, y.data(), a.data(), 0.3f, n / 2);
      });
      const std::vector<float> silu = same_as_scalar(
          *k, a, [&](const KernelSet& set, float* out) { set.silu(a.data(), y.data(), out, n); });
      for (size_t i = 0; i < silu.size(); ++i) {
        const double want = a[i] / (1 + std::exp(-double{a[i]})) * y[i];
        CHECK_NEAR(silu[i], want, 1e-6 * (1 + std::fabs(want)));
      }
      std::vector<uint16_t> half(a.size()), half_want(a.size());
      k->to_f16(a.data(), half.data(), n);
      scalar_kernels().to_f16(a.data(), half_want.data(), n);
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
    const int32_t sum = k->quantise(in, n, n + 3, 1.0f, q, 4);
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
      v = std::bit_cast<float>(static_cast<uint32_t>(rng()));  // NaN and infinity included
    }
    constexpr float kScales[] = {1.0f, 127.0f / 3.0f, INFINITY, NAN};
    const float scale = kScales[round % 4];
    const int n = static_cast<int>(in.size());
    const int padded = (n + 3) / 4 * 4 + static_cast<int>(rng() % 4) * 4;
    const size_t stride = 4 + rng() % 3 * 4;
    std::vector<int8_t> want(static_cast<size_t>(padded) / 4 * stride), got(want.size());
    const int32_t want_sum =
        scalar_kernels().quantise(in.data(), n, padded, scale, want.data(), stride);
    const float want_max = scalar_kernels().absmax(in.data(), n);
    for (const KernelSet* k : sets_under_test()) {
      CHECK_EQ(k->quantise(in.data(), n, padded, scale, got.data(), stride), want_sum);
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
  CHECK_EQ(f32_to_f16(1.0f + std::ldexp(1.0f, -11)), 0x3c00);      // a tie is rounded to even
  CHECK_EQ(f32_to_f16(1.0f + 3 * std::ldexp(1.0f, -11)), 0x3c02);  // and so does this one
}

TEST(every_set_gives_the_known_answers) {
  for (const KernelSet* k : sets_under_test()) {
    const KnownAnswer answer = known_answer_test(*k);
    if (!answer.ok) std::printf("  %s: %s\n", k->name, answer.detail.c_str());
    CHECK(answer.ok);
  }
}

// A product over a copy of its row tiles in which one scale, of the group `group` of the first row
// tile, is the next number.
void product_with_a_wrong_scale(decltype(KernelSet::t2_grouped) product, const GroupedProduct& p,
                                int group, int begin, int end) {
  std::vector<uint8_t> tiles(p.tiles, p.tiles + grouped_row_tile_bytes(p.layout, p.groups) * end);
  tiles[static_cast<size_t>(group) * unit_bytes(p.layout)] ^= 1;
  GroupedProduct wrong = p;
  wrong.tiles = tiles.data();
  product(wrong, begin, end);
}

// Checks that the known-answer test fails, and names what is wrong and nothing else.
void check_found(const KernelSet& broken, const char* what) {
  const KnownAnswer answer = known_answer_test(broken);
  CHECK(!answer.ok);
  CHECK(answer.detail.starts_with(what));
  CHECK(answer.detail.find(';') == std::string::npos);
}

TEST(a_wrong_kernel_fails_the_known_answer_test) {
  KernelSet broken = scalar_kernels();
  broken.quantise = [](const float* x, int n, int padded, float s, int8_t* q, size_t stride) {
    const int32_t sum = scalar_kernels().quantise(x, n, padded, s, q, stride);
    q[0] = static_cast<int8_t>(q[0] ^ 1);
    return sum;
  };
  check_found(broken, "quantise");
}

TEST(a_wrong_scale_of_one_group_fails_the_known_answer_test) {
  KernelSet broken = scalar_kernels();
  broken.t2_grouped = nullptr;
  broken.add_group = [](const GroupSums& g) {
    std::vector<uint16_t> scales(g.scales, g.scales + kTileRows);
    scales.back() ^= 1;
    GroupSums wrong = g;
    wrong.scales = scales.data();
    scalar_kernels().add_group(wrong);
  };
  check_found(broken, "products with scales per group");

  // The same in the sets that have the whole product in one function.
  for (const KernelSet* set : sets_under_test()) {
    for (const auto product : {&KernelSet::t2_grouped, &KernelSet::b1_grouped}) {
      static decltype(KernelSet::t2_grouped) right = nullptr;
      right = set->*product;
      if (right == nullptr) continue;
      broken = *set;
      broken.*product = [](const GroupedProduct& p, int begin, int end) {
        product_with_a_wrong_scale(right, p, p.groups - 1, begin, end);
      };
      check_found(broken, "products with scales per group");
    }
  }
}

TEST(a_wrong_scale_of_a_key_of_8_bits_fails_the_known_answer_test) {
  KernelSet broken = scalar_kernels();
  broken.attend = [](const AttentionSegment& s) {
    if (s.format != KvFormat::kInt8) return scalar_kernels().attend(s);
    std::vector<uint8_t> block(s.blocks[0], s.blocks[0] + kv_block_bytes(s.format, s.head_dim));
    block[kv_block_size(s.head_dim)] ^= 1;
    std::vector<const uint8_t*> blocks(s.blocks, s.blocks + s.block_count);
    blocks[0] = block.data();
    AttentionSegment wrong = s;
    wrong.blocks = blocks.data();
    scalar_kernels().attend(wrong);
  };
  check_found(broken, "attend in 8 bits");
}

}  // namespace
}  // namespace sterna
