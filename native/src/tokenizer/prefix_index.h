// Finds the tokens that may come where the text is already known, for constrained decoding.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "tokenizer/vocabulary.h"

namespace sterna {

// The text tokens of a vocabulary, sorted by their bytes. Building it takes about 50 ms for 128,000
// tokens; afterwards a question costs a binary search per byte and a copy of the answer instead of
// a comparison per token. It refers to the vocabulary, which must outlive it.
class PrefixIndex {
 public:
  explicit PrefixIndex(const Vocabulary& vocabulary);

  // Replaces *ids with the tokens that agree with `wanted`: those whose bytes are a beginning of
  // it, and those that begin with it, in the order of their bytes. For a `wanted` of at least one
  // byte it is never empty, because every byte is a token; for an empty one it is all text tokens.
  void compatible(std::string_view wanted, std::vector<int32_t>* ids) const;

 private:
  // Two parallel arrays: the search compares bytes, and the answer is a run of ids.
  std::vector<std::string_view> bytes_;
  std::vector<int32_t> ids_;
};

}  // namespace sterna
