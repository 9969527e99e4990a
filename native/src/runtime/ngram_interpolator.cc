#include "runtime/ngram_interpolator.h"

#include <algorithm>

namespace sterna {
namespace {

// The weight of a vote of another open document (docs/measurements/ngrams.md).
constexpr double kOpenDocument = 0.1;

}  // namespace

NgramInterpolator::NgramInterpolator(const Sources& sources,
                                     const std::vector<int32_t>& stop_tokens,
                                     const Tokenizer& tokenizer, const PrefixIndex& prefixes)
    : cache_(sources.texts),
      repository_(sources.repository),
      weights_(sources.weights),
      tokenizer_(tokenizer) {
  prefixes.compatible("\n", &line_ends_);
  for (const int32_t token : stop_tokens) {
    const bool is_known = std::ranges::find(line_ends_, token) != line_ends_.end();
    if (!is_known && token >= 0 && token < tokenizer.size()) line_ends_.push_back(token);
  }
}

void NgramInterpolator::interpolate(std::span<float> logits, std::string_view forced,
                                    std::span<const int32_t> allowed) {
  votes_.clear();
  for (const auto& [next, match, is_own] : cache_.occurrences()) {
    votes_.push_back({token_of(forced, next), match, is_own ? 1 : kOpenDocument});
  }
  if (repository_ != nullptr) {
    for (const NgramIndex::Occurrence& occurrence : repository_->occurrences(cache_.before())) {
      const double weight = weights_[static_cast<size_t>(occurrence.nearness)];
      votes_.push_back({token_of(forced, occurrence.next), occurrence.match, weight, weight});
    }
  }
  sterna::interpolate(logits, allowed, line_ends_, votes_);
}

void NgramInterpolator::push(int32_t token, std::string_view forced) {
  const std::string_view bytes = tokenizer_.token_bytes(token);
  cache_.push(bytes.substr(std::min(bytes.size(), forced.size())));
}

// The first token of the text at an occurrence. Only the beginning of that text is known, but it is
// long enough: the first token of a longer word does not depend on the rest.
int32_t NgramInterpolator::token_of(std::string_view forced, std::string_view next) {
  if (forced.empty() && next.empty()) return kLineEnd;
  std::string text(forced);
  text += next;
  const auto [known, is_new] = first_tokens_.try_emplace(std::move(text), kLineEnd);
  if (is_new) known->second = tokenizer_.encode(known->first).front();
  return known->second;
}

}  // namespace sterna
