// How likely the first tokens of a generation are to the model. An unlikely text should not be
// shown, so it need not be computed.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace sterna {

// The probability of `token` at temperature 1 among `allowed` (all tokens when empty); 0 when it
// has no finite logit. The sum runs in the order of ids, or in that of `allowed`, so the caller's
// own order makes no difference.
double probability_of(std::span<const float> logits, int32_t token,
                      std::span<const int32_t> allowed);

class Confidence {
 public:
  // `count`: tokens to rate, 0 for none. `least`: generation stops before a rated token if the
  // joint probability of the rated tokens, that token included, would fall below this.
  Confidence(int count, float least) : count_(count), least_(least) {}

  // Whether the next token is to be rated, so that all logits are needed. It follows `pending`
  // tokens that are rated but not accepted yet.
  bool wanted(size_t pending = 0) const {
    return static_cast<int>(probabilities_.size() + pending) < count_;
  }
  // Takes the probability of the token chosen next. False when the generation should end before it.
  bool accept(double p) {
    probabilities_.push_back(static_cast<float>(p));
    joint_ *= p;
    return joint_ >= least_;
  }
  // The probabilities of the rated tokens, in order. A token that was refused comes last.
  const std::vector<float>& probabilities() const { return probabilities_; }

 private:
  int count_;
  float least_;
  double joint_ = 1;
  std::vector<float> probabilities_;
};

}  // namespace sterna
