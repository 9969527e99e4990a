// Interpolates the n-gram cache's expectation with the model's.
#pragma once

#include <cstdint>
#include <span>

namespace sterna {

// One occurrence of the words before the cursor, for the token that follows it there.
struct Vote {
  int32_t token;      // kLineEnd where its line ends
  int match;          // words before it that agree
  double weight = 1;  // of the document that the cursor is in 1, of other text less
  // How much of a different token it counts as, 0..1: the repository has so many files that tokens
  // which only they vote for would drown what the document itself says.
  double type = 1;
};
constexpr int32_t kLineEnd = -1;

// Replaces the logits by the logarithms of the interpolated probabilities.
//
// The model's distribution is what is expected where the cache knows nothing. The places with at
// least so many words in common, from the fewest to the most, correct what is expected before them:
// p = (weight * p + votes of the token) / (weight + votes), with its own weight for every number of
// words, times the number of different tokens that are voted for.
//
// `allowed`: the tokens that may be chosen, each inside the logits; empty: all. The others' logits
// mean nothing afterwards.
// `line_ends`: the tokens that end a line or the text. They count as one event, of which the
// likeliest takes the probability: the places cannot tell which of them it is. Unused where there
// is `allowed`.
void interpolate(std::span<float> logits, std::span<const int32_t> allowed,
                 std::span<const int32_t> line_ends, std::span<const Vote> votes);

}  // namespace sterna
