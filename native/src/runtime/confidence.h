// How likely the model holds the first tokens of a generation to be: what is unlikely had better
// not be shown, and not computed.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace sterna {

// Probability of `token` at temperature 1 among `allowed` (all tokens when empty); 0 when it has no
// finite logit. Does not depend on the order of the arithmetic's caller: one pass in id order, or
// in that of `allowed`.
double probability_of(std::span<const float> logits, int32_t token,
                      std::span<const int32_t> allowed);

class Confidence {
 public:
  // `count`: tokens to rate, 0 for none. `floor`: the generation ends before the rated token with
  // which all of them together would be less likely than this.
  Confidence(int count, float floor) : count_(count), floor_(floor) {}

  // The next token, behind `pending` ones that are rated but not accepted yet, is to be rated: all
  // logits are needed.
  bool wanted(size_t pending = 0) const {
    return static_cast<int>(probabilities_.size() + pending) < count_;
  }
  // Takes the probability of the token chosen next; false when the generation should end before it.
  bool accept(double p) {
    probabilities_.push_back(static_cast<float>(p));
    joint_ *= p;
    return joint_ >= floor_;
  }
  // Of the rated tokens, in order; the one that was refused comes last.
  const std::vector<float>& probabilities() const { return probabilities_; }

 private:
  int count_;
  float floor_;
  double joint_ = 1;
  std::vector<float> probabilities_;
};

}  // namespace sterna
