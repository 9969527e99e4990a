// What the open texts and the repository expect, in the model's tokens, interpolated with its
// logits.
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

// Weights of the votes of the repository's files, by their nearness.
using RepositoryWeights = std::array<double, NgramIndex::kNearnesses>;

class NgramInterpolator {
 public:
  struct Sources {
    const std::vector<std::string>& texts;  // see NgramCache
    NgramIndex::View* repository;           // may be null
    RepositoryWeights weights;
  };

  // `stop_tokens` end the generation, and so a line.
  NgramInterpolator(const Sources& sources, const std::vector<int32_t>& stop_tokens,
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
  NgramIndex::View* repository_;
  RepositoryWeights weights_;
  std::vector<int32_t> line_ends_;
  const Tokenizer& tokenizer_;
  std::unordered_map<std::string, int32_t> first_tokens_;  // of texts that were met
  std::vector<Vote> votes_;
};

}  // namespace sterna
