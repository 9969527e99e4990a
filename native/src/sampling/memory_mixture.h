// Mixes what local memory expects into what the model does.
#ifndef STERNA_SAMPLING_MEMORY_MIXTURE_H_
#define STERNA_SAMPLING_MEMORY_MIXTURE_H_

#include <cstdint>
#include <span>

namespace sterna {

// One place of the memory, for the token that it goes on with.
struct Vote {
  std::int32_t token;  // kLineEnd where its line ends
  int match;           // words before it that agree
  bool is_own = true;  // in the document that the cursor is in
};
constexpr std::int32_t kLineEnd = -1;

// Replaces the logits by the logarithms of the mixture's probabilities.
//
// The model's distribution is what is expected where the memory knows nothing. The places with at
// least so many words in common, from the fewest to the most, correct what is expected before them:
// p = (weight * p + votes of the token) / (weight + votes), with its own weight for every number of
// words, times the number of different tokens that are voted for.
//
// `allowed`: the tokens that may be chosen, each inside the logits; empty: all. The others' logits
// mean nothing afterwards.
// `line_ends`: the tokens that end a line or the text. They count as one event, of which the
// likeliest takes the probability: the places cannot tell which of them it is. Unused where there
// is `allowed`.
void mix(std::span<float> logits, std::span<const std::int32_t> allowed,
         std::span<const std::int32_t> line_ends, std::span<const Vote> votes);

}  // namespace sterna

#endif  // STERNA_SAMPLING_MEMORY_MIXTURE_H_
