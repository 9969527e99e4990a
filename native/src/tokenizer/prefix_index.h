// Which tokens may stand where the text is already known: for constrained decoding.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "tokenizer/vocabulary.h"

namespace sterna {

// The text tokens of a vocabulary, sorted by their bytes. Built once (about 50 ms for 128,000
// tokens); a question then costs a binary search per byte and a copy of the answer, not a
// comparison per token. Views the vocabulary, which must outlive it.
class PrefixIndex {
 public:
  explicit PrefixIndex(const Vocabulary& vocabulary);

  // Replaces *ids with the tokens that agree with `wanted`: those whose bytes are a beginning of
  // it, and those that begin with it. Never empty for a `wanted` of at least one byte, because
  // every byte is a token; all text tokens for an empty one. In the order of their bytes.
  void compatible(std::string_view wanted, std::vector<int32_t>* ids) const;

 private:
  // Side by side: the search compares bytes, the answer is a run of ids.
  std::vector<std::string_view> bytes_;
  std::vector<int32_t> ids_;
};

}  // namespace sterna
