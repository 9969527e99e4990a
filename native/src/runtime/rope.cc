#include "runtime/rope.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace sterna {
namespace {

// The YaRN paper's constants: a pair that turns at least kBetaFast times over the original context
// keeps its frequency, and one that turns less than kBetaSlow times is interpolated.
constexpr double kBetaFast = 32;
constexpr double kBetaSlow = 1;

// The index, as a fraction, of the pair that turns this many times over the original context.
double pair_of_turns(const ModelConfig& c, double turns) {
  const double positions = c.rope_original_context;
  return c.rope_dim * std::log(positions / (turns * 2 * std::numbers::pi)) /
         (2 * std::log(static_cast<double>(c.rope_theta)));
}

}  // namespace

double rope_frequency(const ModelConfig& c, int pair, const float* factors) {
  const double plain = std::pow(static_cast<double>(c.rope_theta), -2.0 * pair / c.rope_dim);
  if (c.rope_scaling == RopeScaling::kNone) return plain;
  if (c.rope_scaling == RopeScaling::kLongRope) return plain / factors[pair];
  const double first = std::max(std::floor(pair_of_turns(c, kBetaFast)), 0.0);
  const double last = std::min(std::ceil(pair_of_turns(c, kBetaSlow)), c.rope_dim - 1.0);
  const double width = last == first ? 0.001 : last - first;
  const double interpolated = std::clamp((pair - first) / width, 0.0, 1.0);
  return plain / c.rope_factor * interpolated + plain * (1 - interpolated);
}

RopeTable::RopeTable(const ModelConfig& c, int context_length, const float* factors)
    : pairs_(static_cast<size_t>(c.rope_dim / 2)),
      cosine_(static_cast<size_t>(context_length) * pairs_),
      sine_(cosine_.size()) {
  const double magnitude = c.rope_magnitude;
  for (size_t pair = 0; pair < pairs_; ++pair) {
    const double frequency = rope_frequency(c, static_cast<int>(pair), factors);
    for (int position = 0; position < context_length; ++position) {
      cosine_[row_begin(position) + pair] =
          static_cast<float>(std::cos(position * frequency) * magnitude);
      sine_[row_begin(position) + pair] =
          static_cast<float>(std::sin(position * frequency) * magnitude);
    }
  }
}

}  // namespace sterna
