// The rotation's frequencies, with YaRN and without.
#include "runtime/rope.h"

#include <cmath>

#include "check.h"

namespace sterna {
namespace {

ModelConfig with_yarn() {
  ModelConfig c;
  c.rope_dim = 128;
  c.rope_theta = 1e6f;
  c.rope_scaling = RopeScaling::kYarn;
  c.rope_factor = 4;
  c.rope_original_context = 8192;
  c.rope_magnitude = 1.1386294f;
  return c;
}

double plain(int pair) { return std::pow(1e6, -2.0 * pair / 128); }

double frequency(const ModelConfig& c, int pair) { return rope_frequency(c, pair, nullptr); }

TEST(rope_without_scaling_is_the_plain_power) {
  ModelConfig c = with_yarn();
  c.rope_scaling = RopeScaling::kNone;
  for (const int pair : {0, 1, 17, 40, 63}) CHECK_NEAR(frequency(c, pair), plain(pair), 1e-15);
}

TEST(rope_with_yarn_keeps_fast_pairs_divides_slow_ones_and_joins_them_by_a_ramp) {
  // Pair 17.2 makes 32 turns over 8,192 positions, and pair 33.2 makes one turn.
  const ModelConfig c = with_yarn();
  for (const int pair : {0, 8, 17}) CHECK_NEAR(frequency(c, pair), plain(pair), 1e-15);
  for (const int pair : {34, 50, 63}) CHECK_NEAR(frequency(c, pair), plain(pair) / 4, 1e-15);
  // 8 of the ramp's 17 pairs: 8 / 17 is interpolated.
  CHECK_NEAR(frequency(c, 25), plain(25) * (8.0 / 17 / 4 + 9.0 / 17), 1e-12);
}

TEST(rope_table_holds_cosines_and_sines_times_the_magnitude) {
  const ModelConfig c = with_yarn();
  const RopeTable table(c, 300, nullptr);
  for (const int position : {0, 1, 299}) {
    for (const int pair : {0, 20, 63}) {
      const double angle = position * frequency(c, pair);
      CHECK_NEAR(table.cosine(position)[pair], std::cos(angle) * 1.1386294, 1e-6);
      CHECK_NEAR(table.sine(position)[pair], std::sin(angle) * 1.1386294, 1e-6);
    }
  }
}

TEST(rope_with_factors_divides_each_pairs_frequency_by_its_own) {
  ModelConfig c = with_yarn();
  c.rope_scaling = RopeScaling::kLongRope;
  c.rope_factor = 1;
  c.rope_magnitude = 1;
  float factors[64];
  for (int pair = 0; pair < 64; ++pair) factors[pair] = 1 + static_cast<float>(pair) / 8;
  const RopeTable table(c, 300, factors);
  for (const int pair : {0, 8, 40, 63}) {
    const double angle = 299 * plain(pair) / (1 + pair / 8.0);
    CHECK_NEAR(table.cosine(299)[pair], std::cos(angle), 1e-6);
    CHECK_NEAR(table.sine(299)[pair], std::sin(angle), 1e-6);
  }
}

}  // namespace
}  // namespace sterna
