// Interpolates the model's logits with what the open texts and the repository expect, translated
// into the model's tokens.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ngram/ngram_index.h"
#include "sampling/ngram_cache.h"
#include "sampling/ngram_interpolation.h"
#include "tokenizer/tokenizer.h"

namespace sterna {

// The weights of votes by files of the repository, by their nearness.
using RepositoryWeights = std::array<double, NgramIndex::kNearnesses>;

class NgramInterpolator {
 public:
  struct Sources {
    const std::vector<std::string>& texts;  // see NgramCache
    NgramIndex::View* repository;           // may be null
    RepositoryWeights weights;
  };

  // `stop_tokens` end the generation, so they count as line ends.
  NgramInterpolator(const Sources& sources, const std::vector<int32_t>& stop_tokens,
                    const Tokenizer& tokenizer, const PrefixIndex& prefixes);

  // Replaces the logits of the next token by the logarithms of its interpolated probabilities.
  // `forced` is the text that the token must agree with, `allowed` are the tokens that do; both are
  // empty where nothing is forced.
  void interpolate(std::span<float> logits, std::string_view forced,
                   std::span<const int32_t> allowed);

  // Reports that a token was chosen while `forced` was forced.
  void push(int32_t token, std::string_view forced);

 private:
  int32_t token_of(std::string_view forced, std::string_view next);

  NgramCache cache_;
  NgramIndex::View* repository_;
  RepositoryWeights weights_;
  std::vector<int32_t> line_ends_;
  const Tokenizer& tokenizer_;
  std::unordered_map<std::string, int32_t> first_tokens_;  // by text; computed when first needed
  std::vector<Vote> votes_;
};

}  // namespace sterna
