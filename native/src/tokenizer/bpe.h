// Byte-pair encoding, over bytes or (SentencePiece) over characters.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "tokenizer/marker_index.h"
#include "tokenizer/vocabulary.h"

namespace sterna {

struct EncodeOptions {
  // Whether to begin with BOS, when the vocabulary has it, and with the space that it may want
  // before a text.
  bool bos = false;
  // Whether to recognise control and user-defined tokens written out in the text. Otherwise they
  // are encoded like any text.
  bool special = false;
};

// Encodes text as tokens. Immutable, so it may be shared between threads.
class BpeEncoder {
 public:
  explicit BpeEncoder(std::shared_ptr<const Vocabulary> vocabulary);

  // Any bytes can be encoded, even if they are not UTF-8. O(n log n) for any text of n bytes.
  std::vector<int32_t> encode(std::string_view text, EncodeOptions options = {}) const;

 private:
  std::shared_ptr<const Vocabulary> vocabulary_;
  MarkerIndex markers_;
};

}  // namespace sterna
