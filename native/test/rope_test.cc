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

TEST(rope_without_scaling_is_the_plain_power) {
  ModelConfig c = with_yarn();
  c.rope_scaling = RopeScaling::kNone;
  for (const int pair : {0, 1, 17, 40, 63}) CHECK_NEAR(rope_frequency(c, pair), plain(pair), 1e-15);
}

TEST(rope_with_yarn_keeps_fast_pairs_divides_slow_ones_and_joins_them_by_a_ramp) {
  // Pair 17.2 makes 32 turns over 8,192 positions, and pair 33.2 makes one turn.
  const ModelConfig c = with_yarn();
  for (const int pair : {0, 8, 17}) CHECK_NEAR(rope_frequency(c, pair), plain(pair), 1e-15);
  for (const int pair : {34, 50, 63}) CHECK_NEAR(rope_frequency(c, pair), plain(pair) / 4, 1e-15);
  // 8 of the ramp's 17 pairs: 8 / 17 is interpolated.
  CHECK_NEAR(rope_frequency(c, 25), plain(25) * (8.0 / 17 / 4 + 9.0 / 17), 1e-12);
}

TEST(rope_table_holds_cosines_and_sines_times_the_magnitude) {
  const ModelConfig c = with_yarn();
  const RopeTable table(c, 300);
  for (const int position : {0, 1, 299}) {
    for (const int pair : {0, 20, 63}) {
      const double angle = position * rope_frequency(c, pair);
      CHECK_NEAR(table.cosine(position)[pair], std::cos(angle) * 1.1386294, 1e-6);
      CHECK_NEAR(table.sine(position)[pair], std::sin(angle) * 1.1386294, 1e-6);
    }
  }
}

}  // namespace
}  // namespace sterna
