// The n-gram cache in the model's tokens: what the open texts expect, interpolated with the logits.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sampling/ngram_cache.h"
#include "sampling/ngram_interpolation.h"
#include "tokenizer/tokenizer.h"

namespace sterna {

class NgramInterpolator {
 public:
  // `texts`: see NgramCache. `stop_tokens` end the generation, and so a line.
  NgramInterpolator(const std::vector<std::string>& texts, const std::vector<int32_t>& stop_tokens,
                    const Tokenizer& tokenizer, const PrefixIndex& prefixes);

  // Replaces the logits of the next token by the logarithms of its interpolated probabilities.
  // `forced`: what the token must agree with, `allowed` those that do; both empty for none.
  void interpolate(std::span<float> logits, std::string_view forced,
                   std::span<const int32_t> allowed);

  // A token was chosen while so much was forced.
  void push(int32_t token, std::string_view forced);

 private:
  int32_t token_of(std::string_view forced, std::string_view next);

  NgramCache places_;
  std::vector<int32_t> line_ends_;
  const Tokenizer& tokenizer_;
  std::unordered_map<std::string, int32_t> first_tokens_;  // of texts that were met
  std::vector<Vote> votes_;
};

}  // namespace sterna
