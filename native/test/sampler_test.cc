#include "sampling/sampler.h"

#include <cmath>
#include <iterator>
#include <limits>
#include <string>
#include <vector>

#include "check.h"

namespace {

using sterna::Sampler;
using sterna::SamplingOptions;
using Logits = std::vector<float>;
using History = std::vector<int32_t>;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();

int pick(const SamplingOptions& options, const Logits& logits, const History& history = {}) {
  return Sampler(options).pick(logits, history);
}

// The share of each token among many draws.
std::vector<double> shares(const SamplingOptions& options, const Logits& logits) {
  constexpr int kDraws = 40000;
  std::vector<double> out(logits.size());
  Sampler sampler(options);
  for (int i = 0; i < kDraws; ++i) out[sampler.pick(logits, {})] += 1.0 / kDraws;
  return out;
}

// The shares that these weights should give.
std::vector<double> normalised(std::vector<double> weights) {
  double sum = 0;
  for (const double weight : weights) sum += weight;
  for (double& weight : weights) weight /= sum;
  return weights;
}

void check_shares(const SamplingOptions& options, const Logits& logits,
                  const std::vector<double>& weights) {
  const std::vector<double> actual = shares(options, logits);
  const std::vector<double> expected = normalised(weights);
  for (size_t i = 0; i < expected.size(); ++i) {
    if (expected[i] == 0) {
      CHECK_EQ(actual[i], 0.0);
    } else {
      // More than four standard deviations of 40000 draws.
      CHECK_NEAR(actual[i], expected[i], 0.0105);
    }
  }
}

}  // namespace

TEST(greedy_takes_the_first_of_the_highest) {
  const struct {
    Logits logits;
    int expected;
  } rows[] = {
      {{}, -1},
      {{5}, 0},
      {{1, 3, 2}, 1},
      {{1, 3, 3}, 1},
      {{-2, -1, -1.5f}, 1},
      {{kNan, 1, 2}, 2},
      {{kNan, -5}, 1},
      {{3, kNan, 2}, 0},
      {{-kInf, -5}, 1},
      {{kNan, -kInf, -5}, 2},
      {{1, kInf, 2}, 1},
      {{kNan, kNan}, 0},
      {{-kInf, -kInf}, 0},
  };
  for (const auto& row : rows) CHECK_EQ(pick({}, row.logits), row.expected);
}

TEST(only_allowed_tokens_are_chosen) {
  const struct {
    Logits logits;
    History allowed;
    int expected;
  } rows[] = {
      {{5, 1, 2, 3}, {1, 2}, 2},         {{5, 1, 2, 3}, {}, 0}, {{5, kNan, kNan}, {2, 1}, 2},
      {{kNan, 5, -kInf, -9}, {2, 3}, 3}, {{5, -kInf}, {1}, 1},
  };
  for (const auto& row : rows) {
    CHECK_EQ(Sampler({}).pick(row.logits, {}, row.allowed), row.expected);
    SamplingOptions random;
    random.temperature = 1;
    const int drawn = Sampler(random).pick(row.logits, {}, row.allowed);
    bool is_allowed = row.allowed.empty();
    for (const int32_t id : row.allowed) is_allowed |= id == drawn;
    CHECK(is_allowed);
  }
}

TEST(greedy_ignores_the_other_filters_and_the_seed) {
  const SamplingOptions options{.top_k = 1, .top_p = 0.1f, .min_p = 1, .seed = 9};
  CHECK_EQ(pick(options, {0, 2, 1}), 1);
}

TEST(repetition_penalty_divides_positive_and_multiplies_negative_logits) {
  const struct {
    Logits logits;
    History history;
    int window;
    int expected;
  } rows[] = {
      {{3, 2}, {}, 8, 0},
      {{3, 2}, {0}, 8, 1},                  // 1.5 is compared with 2
      {{5, 2}, {0}, 8, 0},                  // 2.5 is compared with 2
      {{5, 2}, {0, 0, 0}, 8, 0},            // once, however often the token occurs
      {{-1, -1.5f}, {0}, 8, 1},             // -2 is compared with -1.5
      {{3, 2}, {0, 1}, 1, 0},               // only token 1 is within the window
      {{3, 2}, {0}, 0, 0},                  // empty window
      {{3, 2}, {-1, 2, 1 << 30, 0}, 8, 1},  // ids without a token are ignored
  };
  for (const auto& row : rows) {
    const SamplingOptions options{.repetition_penalty = 2, .repetition_window = row.window};
    CHECK_EQ(pick(options, row.logits, row.history), row.expected);
  }
}

TEST(repetition_penalty_applies_before_a_draw) {
  const SamplingOptions options{.temperature = 1, .top_k = 1, .repetition_penalty = 2};
  CHECK_EQ(pick(options, {3, 2}, {0}), 1);
}

TEST(filters_that_leave_one_token_make_a_draw_certain) {
  const Logits logits{1, 1.2f, 4, 1.1f, 4};
  const SamplingOptions rows[] = {
      {.temperature = 1, .top_k = 1},
      {.temperature = 1, .top_p = 1e-30f},
      {.temperature = 1e-30f, .top_k = 1},
      {.temperature = 100, .top_k = 1, .min_p = 1},
  };
  for (SamplingOptions options : rows) {
    for (options.seed = 0; options.seed < 50; ++options.seed) CHECK_EQ(pick(options, logits), 2);
  }
}

TEST(draws_follow_the_softmax) {
  const Logits logits{0, 1, 2, -1, -kInf, kNan};
  check_shares({.temperature = 1, .seed = 1}, logits,
               {1, std::exp(1), std::exp(2), std::exp(-1), 0, 0});
  check_shares({.temperature = 2, .seed = 2}, logits,
               {1, std::exp(0.5), std::exp(1), std::exp(-0.5), 0, 0});
}

TEST(filters_keep_the_shares_of_what_they_leave) {
  // Probabilities 0.5, 0.25, 0.125, 0.125 in mixed order.
  const float ln2 = std::log(2.0f);
  const Logits logits{0, 2 * ln2, 0, ln2};
  check_shares({.temperature = 1, .top_k = 2}, logits, {0, 2, 0, 1});
  check_shares({.temperature = 1, .top_k = 3}, logits,
               {1, 4, 0, 2});  // of a tie, the token with the lower id is kept
  check_shares({.temperature = 1, .top_k = 99}, logits, {1, 4, 1, 2});
  check_shares({.temperature = 1, .top_p = 0.4f}, logits, {0, 1, 0, 0});
  check_shares({.temperature = 1, .top_p = 0.7f}, logits, {0, 2, 0, 1});
  check_shares({.temperature = 1, .top_p = 0.8f}, logits, {1, 4, 0, 2});
  check_shares({.temperature = 1, .top_p = 0.99f}, logits, {1, 4, 1, 2});
  check_shares({.temperature = 1, .min_p = 0.4f}, logits, {0, 2, 0, 1});
  check_shares({.temperature = 1, .min_p = 0.2f}, logits, {1, 4, 1, 2});
}

TEST(min_p_comes_before_temperature_and_top_p_after) {
  const float ln2 = std::log(2.0f);
  const Logits logits{2 * ln2, ln2, 0};
  // At temperature 2 the second token has 0.7 of the first one's probability, at temperature 1 half
  // of it.
  check_shares({.temperature = 2, .min_p = 0.6f}, logits, {1, 0, 0});
  // At temperature 0.5 the first token has 16/21 of the whole, at temperature 1 it has 4/7.
  check_shares({.temperature = 0.5f, .top_p = 0.7f}, logits, {1, 0, 0});
}

TEST(top_p_counts_what_top_k_left) {
  const Logits logits(8, 0.0f);
  // The first of two equal tokens makes up half.
  check_shares({.temperature = 1, .top_k = 2, .top_p = 0.5f}, logits, {1, 0, 0, 0, 0, 0, 0, 0});
  check_shares({.temperature = 1, .top_k = 2, .top_p = 0.51f}, logits, {1, 1, 0, 0, 0, 0, 0, 0});
}

TEST(same_seed_gives_the_same_tokens) {
  const Logits logits(100, 0.0f);
  const auto sequence = [&](uint32_t seed) {
    Sampler sampler({.temperature = 1, .seed = seed});
    std::vector<int> tokens;
    for (int i = 0; i < 50; ++i) tokens.push_back(sampler.pick(logits, {}));
    return tokens;
  };
  CHECK(sequence(7) == sequence(7));
  CHECK(sequence(7) != sequence(8));
  CHECK(sequence(0) != sequence(0xffffffff));
}

TEST(draws_are_those_of_splitmix64) {
  // The generator's published first outputs for seed 0 are e220a8397b1dcdaf, 6e789e6aa1b965f4 and
  // 06c45d188009454f; divided by 2^64 they are 0.8833, 0.4314 and 0.0264.
  Sampler sampler({.temperature = 1, .seed = 0});
  const Logits logits(1000, 0.0f);
  CHECK_EQ(sampler.pick(logits, {}), 883);
  CHECK_EQ(sampler.pick(logits, {}), 431);
  CHECK_EQ(sampler.pick(logits, {}), 26);
}

TEST(draws_survive_unusable_logits) {
  const SamplingOptions options{.temperature = 1, .top_k = 3, .top_p = 0.9f, .min_p = 0.05f};
  const struct {
    Logits logits;
    int expected;
  } rows[] = {
      {{}, -1},
      {{kNan, kNan, kNan, kNan}, 0},
      {{-kInf, -kInf, -kInf, -kInf}, 0},
      {{kNan, -kInf, -1e30f, kNan}, 2},
      {{1, 2, kInf, 3}, 2},
      {{3e38f, -3e38f, 0, 0}, 0},
  };
  for (const auto& row : rows) CHECK_EQ(pick(options, row.logits), row.expected);
}

TEST(draws_stay_fast_on_a_large_flat_vocabulary) {
  // The whole vocabulary remains, and every draw must be in it.
  const Logits logits(128256, 1.0f);
  Sampler sampler({.temperature = 0.8f, .top_p = 0.95f, .seed = 3});
  for (int i = 0; i < 5; ++i) {
    const int token = sampler.pick(logits, {});
    CHECK(token >= 0 &&
          token < 121844);  // 0.95 of all ids; of equal logits, the lower ids are kept
  }
}

TEST(sampling_options_are_validated_by_name) {
  const struct {
    SamplingOptions options;
    const char* expected;
  } rows[] = {
      {{}, ""},
      {{.temperature = 1, .top_k = 40, .top_p = 0.9f, .min_p = 0.1f, .repetition_penalty = 1.1f},
       ""},
      {{.temperature = -1}, "temperature is -1, but must be 0 to 100"},
      {{.temperature = kNan}, "temperature is nan, but must be 0 to 100"},
      {{.top_k = -1}, "topK is -1, but must be 0 or more"},
      {{.top_p = 0}, "topP is 0, but must be over 0, up to 1"},
      {{.top_p = 1.5f}, "topP is 1.5, but must be over 0, up to 1"},
      {{.min_p = -0.5f}, "minP is -0.5, but must be 0 to 1"},
      {{.repetition_penalty = 0}, "repetitionPenalty is 0, but must be over 0, up to 100"},
      {{.repetition_penalty = kInf}, "repetitionPenalty is inf, but must be over 0, up to 100"},
      {{.repetition_window = -1}, "repetitionWindow is -1, but must be 0 or more"},
  };
  for (const auto& row : rows) CHECK_EQ(Sampler::validate(row.options), row.expected);
}
