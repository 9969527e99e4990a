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
  // How much it adds to the number of distinct tokens that are voted for, 0..1; all votes for a
  // token together add at most 1. Votes of the repository add only what they weigh: the repository
  // has so many files that the tokens which only they vote for, counted in full, would raise the
  // weight of the lower orders until the votes of the document itself hardly counted.
  double distinct_weight = 1;
};
constexpr int32_t kLineEnd = -1;

// Replaces the logits by the logarithms of the interpolated probabilities.
//
// The model's distribution is the first estimate. Then each order, from the fewest matching words
// to the most, updates the estimate with the votes that match at least that many words:
//
//   p = (w * p + votes for the token) / (w + all votes)
//
// where w is the order's own weight times the number of distinct tokens that are voted for.
//
// `allowed`: the tokens that may be chosen, each inside the logits; empty means all. The logits of
// other tokens have no meaning afterwards.
// `line_ends`: the tokens that end a line or the text. They count as one event, and the likeliest
// of them gets its probability, because the occurrences cannot tell which one it is. Not used where
// there is `allowed`.
void interpolate(std::span<float> logits, std::span<const int32_t> allowed,
                 std::span<const int32_t> line_ends, std::span<const Vote> votes);

}  // namespace sterna
