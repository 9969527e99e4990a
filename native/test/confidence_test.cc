#include "runtime/confidence.h"

#include <cmath>
#include <limits>
#include <vector>

#include "check.h"

namespace {

using sterna::Confidence;
using sterna::probability_of;

constexpr float kInf = std::numeric_limits<float>::infinity();

}  // namespace

TEST(probability_is_the_softmax_over_all_or_over_the_allowed) {
  const std::vector<float> logits = {std::log(1.0f), std::log(2.0f), std::log(5.0f), -kInf,
                                     std::nanf("")};
  const std::vector<int32_t> allowed = {0, 1, 3};
  CHECK_NEAR(probability_of(logits, 2, {}), 5.0 / 8, 1e-6);
  CHECK_NEAR(probability_of(logits, 0, {}), 1.0 / 8, 1e-6);
  CHECK_NEAR(probability_of(logits, 1, allowed), 2.0 / 3, 1e-6);
  CHECK_EQ(probability_of(logits, 3, {}), 0.0);
  CHECK_EQ(probability_of(logits, 4, {}), 0.0);
}

TEST(probability_stands_huge_logits) {
  const std::vector<float> logits = {3e38f, -3e38f, 0};
  CHECK_EQ(probability_of(logits, 0, {}), 1.0);
  CHECK_EQ(probability_of(logits, 2, {}), 0.0);
}

TEST(confidence_takes_the_first_tokens_until_they_are_unlikely_together) {
  Confidence confidence(3, 0.5f);
  CHECK(confidence.wanted(2));
  CHECK(!confidence.wanted(3));
  CHECK(confidence.accept(0.75));
  CHECK(confidence.wanted(1));
  CHECK(!confidence.wanted(2));
  CHECK(confidence.accept(0.75));
  CHECK(confidence.wanted());
  CHECK(!confidence.accept(0.75));  // 27/64
  CHECK(!confidence.wanted());
  CHECK_EQ(confidence.probabilities().size(), size_t{3});
  CHECK_NEAR(confidence.probabilities()[2], 0.75, 1e-6);
  CHECK(!Confidence(0, 0.5f).wanted());
}
