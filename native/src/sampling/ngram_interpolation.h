// Interpolates the model's probabilities with those of the n-grams.
#pragma once

#include <cstdint>
#include <span>

namespace sterna {

// One occurrence of the words before the cursor, as a vote for the token that follows it there.
struct Vote {
  int32_t token;      // kLineEnd where the line ends there
  int match;          // words before it that agree
  double weight = 1;  // 1 for the document with the cursor, less for other text
  // How much it counts as a different token, 0..1. A repository has so many files that tokens which
  // only they vote for would outweigh what the document itself says.
  double type = 1;
};
constexpr int32_t kLineEnd = -1;

// Replaces the logits by the logarithms of the interpolated probabilities.
//
// The model's distribution is the expectation where no words agree. The places with at least so
// many words in common, from the fewest to the most, correct the expectation before them: p =
// (weight * p + votes of the token) / (weight + votes). Each number of words has its own weight,
// multiplied by the number of different tokens that are voted for.
//
// `allowed`: the tokens that may be chosen, each inside the logits; empty means all. The logits of
// other tokens have no meaning afterwards.
// `line_ends`: the tokens that end a line or the text. They count as one event, and the likeliest
// of them gets its probability, because the places cannot tell which one it is. Not used where
// there is `allowed`.
void interpolate(std::span<float> logits, std::span<const int32_t> allowed,
                 std::span<const int32_t> line_ends, std::span<const Vote> votes);

}  // namespace sterna
