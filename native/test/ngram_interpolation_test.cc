#include "sampling/ngram_interpolation.h"

#include <cmath>
#include <limits>
#include <vector>

#include "check.h"

namespace {

using sterna::interpolate;
using sterna::kLineEnd;
using sterna::Vote;
using Logits = std::vector<float>;
using Ids = std::vector<int32_t>;
using Votes = std::vector<Vote>;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();

// Logits, offset by a constant, of these probabilities.
Logits logits_of(const std::vector<double>& probabilities) {
  Logits logits;
  for (const double p : probabilities) logits.push_back(static_cast<float>(std::log(p) + 7));
  return logits;
}

std::vector<double> mixed(Logits logits, const Votes& votes, const Ids& line_ends = {},
                          const Ids& allowed = {}) {
  interpolate(logits, allowed, line_ends, votes);
  std::vector<double> out;
  for (const float logit : logits) out.push_back(std::exp(static_cast<double>(logit)));
  return out;
}

void check_near(const std::vector<double>& actual, const std::vector<double>& expected) {
  CHECK_EQ(actual.size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i) CHECK_NEAR(actual[i], expected[i], 1e-6);
}

}  // namespace

TEST(interpolation_without_votes_is_the_model) {
  check_near(mixed(logits_of({0.5, 0.3, 0.2}), {}), {0.5, 0.3, 0.2});
}

TEST(interpolation_counts_occurrences_in_other_documents_a_tenth) {
  check_near(mixed(logits_of({0.5, 0.3, 0.2}), {{2, 0, 0.1}}),
             {0.5 * 3 / 3.1, 0.3 * 3 / 3.1, (0.2 * 3 + 0.1) / 3.1});
}

TEST(interpolation_lets_tokens_of_the_repository_alone_count_for_their_weight) {
  // Two of three different tokens count as a tenth, so the model weighs as much as 3 * 1.2 votes.
  check_near(mixed(logits_of({0.5, 0.3, 0.2}), {{2, 0}, {0, 0, 0.1, 0.1}, {1, 0, 0.1, 0.1}}),
             {(0.5 * 3.6 + 0.1) / 4.8, (0.3 * 3.6 + 0.1) / 4.8, (0.2 * 3.6 + 1) / 4.8});
}

TEST(interpolation_counts_the_votes_behind_the_model_s_weight) {
  // One occurrence with no words in common: the model weighs as much as three votes.
  check_near(mixed(logits_of({0.5, 0.3, 0.2}), {{2, 0}}),
             {0.5 * 3 / 4, 0.3 * 3 / 4, (0.2 * 3 + 1) / 4});
  // Two occurrences that agree.
  check_near(mixed(logits_of({0.5, 0.3, 0.2}), {{2, 0}, {2, 0}}),
             {0.5 * 3 / 5, 0.3 * 3 / 5, (0.2 * 3 + 2) / 5});
}

TEST(interpolation_trusts_occurrences_less_that_disagree) {
  // Two different tokens: the model weighs twice as much.
  check_near(mixed(logits_of({0.5, 0.3, 0.2}), {{2, 0}, {0, 0}, {2, 0}}),
             {(0.5 * 6 + 1) / 9, 0.3 * 6 / 9, (0.2 * 6 + 2) / 9});
}

TEST(interpolation_trusts_occurrences_the_more_the_more_words_they_have_in_common) {
  double before = 0.2;
  for (int match = 0; match <= 8; ++match) {
    const double p = mixed(logits_of({0.5, 0.3, 0.2}), {{2, match}})[2];
    CHECK(p >= before);
    before = p;
  }
  CHECK(before > 0.9);
  // One occurrence with many words in common against many with few.
  const Votes votes = {{0, 1}, {0, 1}, {0, 1}, {0, 1}, {1, 8}};
  const auto p = mixed(logits_of({0.8, 0.1, 0.1}), votes);
  CHECK(p[1] > p[0]);
}

TEST(interpolation_adds_up_to_one) {
  const Votes votes = {{0, 1}, {2, 3}, {2, 8}, {kLineEnd, 5}, {1, 0}};
  for (const Ids& line_ends : {Ids{3, 4}, Ids{4}}) {
    double sum = 0;
    for (const double p : mixed(logits_of({0.4, 0.3, 0.1, 0.1, 0.1}), votes, line_ends)) sum += p;
    CHECK_NEAR(sum, 1, 1e-6);
  }
}

TEST(interpolation_takes_all_ends_of_a_line_for_one) {
  check_near(mixed(logits_of({0.4, 0.2, 0.4}), {}, {1, 2}), {0.4, 0, 0.6});
  check_near(mixed(logits_of({0.4, 0.2, 0.4}), {{kLineEnd, 0}}, {1, 2}),
             {0.4 * 3 / 4, 0, (0.6 * 3 + 1) / 4});
}

TEST(interpolation_looks_at_allowed_tokens_alone) {
  const auto p = mixed(logits_of({0.5, 0.3, 0.2}), {{2, 0}}, {0}, {1, 2});
  CHECK_NEAR(p[1], 0.6 * 3 / 4, 1e-6);
  CHECK_NEAR(p[2], (0.4 * 3 + 1) / 4, 1e-6);
}

TEST(interpolation_finds_what_the_model_rules_out) {
  Logits logits = logits_of({0.5, 0.5, 0.5});
  logits[1] = -kInf;
  logits[2] = kNan;
  check_near(mixed({logits[0], logits[1]}, {{1, 0}}), {0.75, 0.25});
  interpolate(logits, {}, {}, {});
  CHECK_NEAR(logits[0], 0, 1e-6);
  CHECK(std::isnan(logits[2]));
  // There is nothing to interpolate with.
  Logits none = {-kInf, kNan};
  interpolate(none, {}, {}, Votes{{0, 3}});
  CHECK_EQ(none[0], -kInf);
}
